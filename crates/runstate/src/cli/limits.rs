//! What one request may ask for: beyond a limit it is refused with an error that names the limit.

use clap::Args;
use engine::Limits as UriLimits;
use service::Limits as ServiceLimits;

/// The deepest nesting that the stack of a thread is sure to hold.
const DEEPEST: u64 = 200;

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits of a request")]
pub(crate) struct LimitArguments {
    /// Bytes of the URL's path and query; more are a 414
    #[arg(long, value_name = "BYTES", default_value_t = UriLimits::default().url_bytes as u64,
        value_parser = clap::value_parser!(u64).range(256..=1 << 20))]
    max_url: u64,
    /// Bytes of a body; more are a 413
    #[arg(long, value_name = "BYTES", default_value_t = server::Limits::default().body as u64,
        value_parser = clap::value_parser!(u64).range(1024..=1 << 30))]
    max_body: u64,
    /// How deep an expression of `$filter` and the like nests
    #[arg(long, value_name = "LEVELS", default_value_t = UriLimits::default().expression_depth as u64,
        value_parser = clap::value_parser!(u64).range(1..=DEEPEST))]
    max_expression_depth: u64,
    /// Operators, operands and items of one query option
    #[arg(long, value_name = "NUMBER", default_value_t = UriLimits::default().expression_nodes as u64,
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    max_expression_nodes: u64,
    /// Values in the list of one `in`
    #[arg(long, value_name = "NUMBER", default_value_t = UriLimits::default().in_list_items as u64,
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    max_in_list: u64,
    /// How deep `$expand` nests
    #[arg(long, value_name = "LEVELS", default_value_t = UriLimits::default().expand_depth as u64,
        value_parser = clap::value_parser!(u64).range(1..=DEEPEST))]
    max_expand_depth: u64,
    /// Navigation properties that one `$expand` reaches
    #[arg(long, value_name = "NUMBER", default_value_t = UriLimits::default().expand_items as u64,
        value_parser = clap::value_parser!(u64).range(1..=10_000))]
    max_expand_items: u64,
    /// Requests in one batch
    #[arg(long, value_name = "NUMBER", default_value_t = ServiceLimits::default().batch_requests as u64,
        value_parser = clap::value_parser!(u64).range(1..=10_000))]
    max_batch: u64,
    /// Entities on a page when the client does not say how many
    #[arg(long, value_name = "NUMBER", default_value_t = ServiceLimits::default().page,
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    page_size: u64,
    /// Entities on a page whatever the client asks for, and rows that `$apply` may make
    #[arg(long, value_name = "NUMBER", default_value_t = ServiceLimits::default().largest_page,
        value_parser = clap::value_parser!(u64).range(1..=100_000))]
    max_page_size: u64,
    /// For how many days runs stay in the history of a run state; what says when and how it ran last
    /// stays
    #[arg(long, value_name = "DAYS", default_value_t = ServiceLimits::default().history_days,
        value_parser = clap::value_parser!(u32).range(1..=36_500), help_heading = "Retention")]
    history_days: u32,
}

impl LimitArguments {
    /// Those of URLs and expressions.
    pub(crate) fn uri(&self) -> UriLimits {
        UriLimits {
            url_bytes: size(self.max_url),
            expression_depth: size(self.max_expression_depth),
            expression_nodes: size(self.max_expression_nodes),
            expand_depth: size(self.max_expand_depth),
            expand_items: size(self.max_expand_items),
            in_list_items: size(self.max_in_list),
            ..UriLimits::default()
        }
    }

    /// Those of pages, batches and history.
    pub(crate) fn service(&self) -> ServiceLimits {
        ServiceLimits {
            page: self.page_size.min(self.max_page_size),
            largest_page: self.max_page_size,
            batch_requests: size(self.max_batch),
            history_days: self.history_days,
        }
    }

    /// Those of the listener.
    pub(crate) fn server(&self) -> server::Limits {
        server::Limits {
            url: size(self.max_url),
            body: size(self.max_body),
            ..server::Limits::default()
        }
    }
}

/// Every range above fits.
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
