//! The same key in two places.

use super::holder::{Holder, Key, device, enrollment_token, fresh, refused};
use crate::support::Server;

/// Another holder of the same key and the same values, as a copied disk has them.
fn copy_of(holder: &Holder) -> Holder {
    let Key::Ed25519(pair) = &holder.key else {
        panic!("an Ed25519 key");
    };
    let document = pair.to_pkcs8().unwrap();
    Holder {
        key: Key::from_pkcs8(document.as_ref()),
        tenant: holder.tenant.clone(),
        udid: holder.udid.clone(),
        id: holder.id.clone(),
        nonce: holder.nonce.clone(),
    }
}

fn world() -> (Server, Holder) {
    let server = Server::start();
    let token = enrollment_token(&server, &[]);
    let mut holder = Holder::enrolled(&server, Key::ed25519(), &token);
    holder.token(&server);
    (server, holder)
}

/// Whichever of the two comes second is noticed, and then neither gets a token any more.
#[test]
fn a_copied_key_betrays_itself() {
    for copy_is_first in [true, false] {
        let (server, mut holder) = world();
        let mut copy = copy_of(&holder);
        let (first, second) = match copy_is_first {
            true => (&mut copy, &mut holder),
            false => (&mut holder, &mut copy),
        };
        first.token(&server);
        first.token(&server);
        let said = refused(second.step(&server), 401, "invalid_client");
        assert!(said.contains("two places"), "{said}");
        let said = refused(first.step(&server), 401, "invalid_client");
        assert!(said.contains("two places"), "{said}");
        let shown = device(&server, &holder.id);
        assert_eq!(shown["deviceRegistrationState"], "keyConflict");
        let listed = server.runstate(&["device", "list"]);
        assert!(listed.contains("keyConflict"), "{listed}");
        // Released, one of them goes on, and the other is noticed again.
        server.runstate(&["device", "release", &holder.id]);
        holder.token(&server);
        holder.token(&server);
        refused(copy.step(&server), 401, "invalid_client");
        server.runstate(&["device", "release", "--all"]);
        holder.token(&server);
    }
}

/// A copy that was made while the answer to a step was on its way is noticed at the next one.
#[test]
fn a_copy_of_a_step_that_is_under_way_betrays_itself_at_the_next() {
    let (server, mut holder) = world();
    let mut copy = copy_of(&holder);
    let next = fresh();
    for who in [&mut holder, &mut copy] {
        who.ask(&server, &who.sign(&who.assertion(&next)))
            .expect(200);
        who.nonce = next.clone();
    }
    copy.token(&server);
    let said = refused(holder.step(&server), 401, "invalid_client");
    assert!(said.contains("two places"), "{said}");
}

/// However often an answer is lost, the device that wrote its step down before goes on.
#[test]
fn a_lost_answer_shuts_no_honest_device_out() {
    let (server, mut holder) = world();
    for _ in 0..3 {
        let next = fresh();
        for _ in 0..3 {
            let again = holder.sign(&holder.assertion(&next));
            holder.ask(&server, &again).expect(200);
        }
        holder.nonce = next;
    }
    holder.token(&server);
}

/// Who has the key, but not the values, is noticed at once; and it is the device that is shut out
/// then, since nobody can tell who is who.
#[test]
fn a_key_without_its_values_betrays_itself() {
    let (server, mut holder) = world();
    let mut copy = copy_of(&holder);
    copy.nonce = fresh();
    let said = refused(copy.step(&server), 401, "invalid_client");
    assert!(said.contains("two places"), "{said}");
    refused(holder.step(&server), 401, "invalid_client");
}

#[test]
fn only_a_conflict_is_released() {
    let (server, mut holder) = world();
    let release = ["device", "release", &holder.id];
    let output = server.try_runstate(&release);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("--new-key"),
        "{said}"
    );
    holder.token(&server);
}
