//! Each revocation ends what was issued behind the one before it, also within a second.

use engine::audit::Origin;

use super::fixture::World;

/// The first second in which tokens of a principal hold again after it was revoked.
fn revoke(world: &World, principal: &'static str) -> u64 {
    let core = world.core.clone();
    let origin = Origin::command_line("revoke", &core);
    let write = world.core.write(origin, move |transaction| {
        let place = (&*core.model, &*core.tables);
        service::identity::revoke(place, transaction, core.clock.now(), principal)
    });
    world.runtime.block_on(write).unwrap()
}

#[test]
fn revocations_of_one_second_are_one_behind_the_other() {
    let world = World::new();
    let first = revoke(&world, "one");
    assert_eq!(revoke(&world, "one"), first + 1);
    assert_eq!(revoke(&world, "one"), first + 2);
    assert_eq!(revoke(&world, "other"), first);
    world.clock.pass_days(1);
    assert_eq!(revoke(&world, "one"), first + 86_400);
}
