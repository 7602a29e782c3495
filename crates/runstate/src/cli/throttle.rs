//! How many requests may come, as Graph limits them.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use engine::exchange;
use server::{Allowance, Throttle};

/// What Graph allows for Intune within 20 seconds.
const GRAPH: (Allowance, Allowance) = (
    Allowance {
        any: Some(2_000),
        writes: Some(200),
    },
    Allowance {
        any: Some(4_000),
        writes: Some(400),
    },
);

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Throttling: within 20 seconds, at this server; more are a 429")]
pub(crate) struct ThrottleArguments {
    /// What holds where the options below do not say otherwise
    #[arg(long, value_name = "PRESET", value_enum, default_value_t)]
    throttle: Preset,
    /// Requests of one application, or of one device
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    throttle_app: Option<u32>,
    /// Writes among them
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    throttle_app_writes: Option<u32>,
    /// Requests of all together
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    throttle_tenant: Option<u32>,
    /// Writes among them
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    throttle_tenant_writes: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// No limit
    #[default]
    Off,
    /// As Graph has it for Intune: 2000 an application, 200 of them writes; 4000 in all, 400 of them
    /// writes
    Graph,
}

impl ThrottleArguments {
    /// What counts requests, if anything is limited.
    pub(crate) fn throttle(&self) -> Option<Arc<dyn exchange::Throttle>> {
        let (application, tenant) = self.allowances();
        let open = Allowance::default();
        let limited = application != open || tenant != open;
        limited.then(|| Arc::new(Throttle::new(application, tenant)) as Arc<dyn exchange::Throttle>)
    }

    fn allowances(&self) -> (Allowance, Allowance) {
        let (application, tenant) = match self.throttle {
            Preset::Off => Default::default(),
            Preset::Graph => GRAPH,
        };
        let of = |any: Option<u32>, writes: Option<u32>, preset: Allowance| Allowance {
            any: any.or(preset.any),
            writes: writes.or(preset.writes),
        };
        (
            of(self.throttle_app, self.throttle_app_writes, application),
            of(self.throttle_tenant, self.throttle_tenant_writes, tenant),
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: ThrottleArguments,
    }

    type Pair = (Option<u32>, Option<u32>);

    #[test]
    fn presets_and_what_is_said_beside_them() {
        let check = |line: &str, application: Pair, tenant: Pair| {
            let line = std::iter::once("serve").chain(line.split_ascii_whitespace());
            let arguments = Line::try_parse_from(line).unwrap().arguments;
            let (a, t) = arguments.allowances();
            assert_eq!(
                ((a.any, a.writes), (t.any, t.writes)),
                (application, tenant)
            );
            let any = [application, tenant] != [(None, None); 2];
            assert_eq!(arguments.throttle().is_some(), any);
        };
        check("", (None, None), (None, None));
        let (application, tenant) = ((Some(2_000), Some(200)), (Some(4_000), Some(400)));
        check("--throttle graph", application, tenant);
        check(
            "--throttle graph --throttle-app 9",
            (Some(9), Some(200)),
            tenant,
        );
        check("--throttle-tenant-writes 7", (None, None), (None, Some(7)));
    }
}
