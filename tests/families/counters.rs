//! Counters move with every member of every state.

use serde_json::json;

use super::summaries::{agrees, members};
use crate::support::{FAMILIES, Server, make_script, make_state};

#[test]
fn every_member_counts_where_it_should() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, _) = make_script(&server, family);
        let all = members(family);
        let states = format!("{script}/deviceRunStates");
        for (i, (property, member, counter)) in all.iter().enumerate() {
            let made = make_state(
                &server,
                &script,
                &json!({ "id": format!("s{i}"), *property: member }),
            );
            assert_eq!(made[*property], *member);
            if let Some(counter) = counter {
                let summary = server.get(&format!("{script}/runSummary")).expect_json(200);
                assert!(
                    summary[*counter].as_i64().unwrap() > 0,
                    "{counter}: {summary}"
                );
            }
        }
        agrees(&server, family, &script);
        // From each member to each other.
        make_state(&server, &script, &json!({ "id": "moving" }));
        for (property, from, _) in &all {
            for (other, to, _) in &all {
                if property == other {
                    for member in [from, to] {
                        let body = json!({ *property: member });
                        server.patch(&format!("{states}/moving"), &body).expect(200);
                    }
                }
            }
        }
        agrees(&server, family, &script);
        for i in 0..all.len() {
            server.delete(&format!("{states}/s{i}")).expect(204);
        }
        server.delete(&format!("{states}/moving")).expect(204);
        agrees(&server, family, &script);
    }
}

#[test]
fn a_write_that_fails_moves_nothing() {
    let server = Server::shared();
    for family in &FAMILIES {
        let (script, id) = make_script(&server, family);
        let states = format!("{script}/deviceRunStates");
        make_state(
            &server,
            &script,
            &json!({ "id": "one", family.property: "success" }),
        );
        for taken in ["one".to_owned(), format!("{id}:one")] {
            let body = json!({ "id": taken, family.property: "fail" });
            server.post(&states, &body).expect_error(409, "Conflict");
        }
        let body = json!({ "id": "two", family.property: "fail" });
        server
            .patch(&format!("{states}/one"), &body)
            .expect_error(400, "BadRequest");
        server
            .patch(
                &format!("{states}/none"),
                &json!({ family.property: "fail" }),
            )
            .expect(404);
        server.delete(&format!("{states}/none")).expect(404);
        agrees(&server, family, &script);
        assert_eq!(server.get(&states).ids(), ["one"]);
    }
}
