//! Enrolment tokens that expired do not stay for ever.

use edm::time::TICKS_PER_DAY;
use service::{DeviceIdentities, Graph, NewEnrollmentToken};

use crate::fixture::World;

#[test]
fn expired_tokens_go_a_week_later() {
    let world = World::new();
    let graph = Graph::new(&world.core.model, &world.core.tables).unwrap();
    let identities = DeviceIdentities::new(world.core.clone(), graph.clone()).unwrap();
    let create = |days: i64| {
        let wanted = NewEnrollmentToken {
            uses: 1,
            lifetime: days * TICKS_PER_DAY,
            group_ids: Vec::new(),
            needs_approval: false,
            may_replace: false,
        };
        let created = identities.create_token(wanted, uuid::Uuid::nil());
        world.runtime.block_on(created).unwrap()
    };
    create(1);
    let stays = create(30);
    for (days, left) in [(7, 2), (2, 1)] {
        world.clock.pass_days(days);
        let maintained = service::maintain(&world.core, &graph);
        world.runtime.block_on(maintained).unwrap();
        let tokens = world.runtime.block_on(identities.tokens()).unwrap();
        assert_eq!(tokens.len(), left);
        assert!(tokens.iter().any(|token| stays.contains(&token.id)));
    }
}
