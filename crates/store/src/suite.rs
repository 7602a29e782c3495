//! The tests that every database behind [`Store`] must pass, whatever it is: a database's crate
//! names its [`Opener`] in [`store_suite!`](crate::store_suite) and gets one test for each.
//!
//! They see a database only through the traits of this crate, on a small model of their own, and
//! compare it with plain values in memory.

pub mod additions;
pub mod aggregations;
pub mod changes;
pub mod commands;
pub mod dynamic;
pub mod expressions;
pub mod filters;
pub mod hierarchy;
pub mod pages;
pub mod rows;
mod values;
pub mod visibility;
mod world;

use std::sync::Arc;

use edm::Model;

use crate::clock::Clock;
use crate::{Store, Tables};

/// Opens an empty database that has these tables.
pub type Opener =
    fn(model: Arc<Model>, tables: Arc<Tables>, clock: Arc<dyn Clock>) -> Box<dyn Store>;

/// For a database that is always at hand.
#[must_use]
pub fn always() -> bool {
    true
}

/// Makes a test of every property of the suite, on databases that the [`Opener`] opens; behind `if`,
/// whether there is such a database on this machine. Behind `writes:` only of those that depend on how
/// rows are written and read, not of what the queries mean: for another arrangement of a database
/// that passes all.
#[macro_export]
macro_rules! store_suite {
    ($open:path, if $ready:path: $($module:ident :: $test:ident),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                if $ready() {
                    $crate::suite::$module::$test($open);
                }
            }
        )*
    };
    ($open:path) => {
        $crate::store_suite!($open, if $crate::suite::always);
    };
    ($open:path, if $ready:path) => {
        $crate::store_suite!(writes: $open, if $ready);
        $crate::store_suite! {
            $open, if $ready:
            dynamic::conditions_on_dynamic_properties_hold_as_in_memory,
            dynamic::an_order_by_dynamic_properties_is_that_of_memory,
            dynamic::what_has_no_type_is_refused,
            filters::null_is_a_value_that_nothing_but_null_equals,
            filters::conditions_are_two_valued,
            aggregations::transformations_make_the_rows_of_memory,
            aggregations::a_sum_out_of_range_is_refused,
            expressions::expressions_have_the_values_of_memory,
            expressions::conditions_hold_as_in_memory,
            expressions::pages_of_any_order_are_those_of_memory,
            expressions::what_is_never_reached_may_fail,
            expressions::items_of_collections_are_compared_by_value,
            expressions::what_is_deep_is_answered_or_refused,
        }
    };
    (writes: $open:path, if $ready:path) => {
        $crate::store_suite! {
            $open, if $ready:
            rows::every_column_kind_comes_back_as_it_was,
            rows::a_taken_key_is_refused_and_nothing_is_written,
            rows::an_update_writes_its_columns_alone,
            rows::what_is_not_there_is_neither_updated_nor_deleted,
            rows::appended_rows_get_keys_in_order,
            rows::delete_where_keeps_to_its_columns_and_limit,
            rows::selects_keep_to_their_conditions,
            commands::a_failed_command_is_undone_alone,
            commands::a_panicking_command_answers_and_the_writer_lives_on,
            commands::a_panicking_read_answers_and_the_readers_live_on,
            commands::a_command_reads_what_it_wrote,
            commands::a_sink_that_fails_ends_the_select,
            commands::a_snapshot_is_of_one_instant,
            commands::what_was_answered_is_read_by_all,
            commands::a_store_that_works_is_ready,
            additions::additions_are_as_if_written_at_once,
            additions::a_virtual_column_sees_additions_to_the_table_it_reads,
            additions::times_only_move_forward,
            hierarchy::rows_of_derived_types_come_back_as_they_were,
            hierarchy::a_rows_version_counts_its_changes,
            hierarchy::additions_count_versions,
            pages::order_is_by_code_point_and_nulls_come_first,
            pages::pages_follow_one_another_without_gap_or_overlap,
            pages::limit_and_offset_cut_the_full_list,
            changes::what_changed_is_logged_and_nothing_else,
            changes::a_removed_row_says_its_public_key,
            changes::a_page_of_changes_goes_on_where_the_last_ended,
            changes::who_follows_the_changes_ends_with_the_same_rows,
            changes::what_is_pruned_is_told,
            dynamic::dynamic_properties_come_back_as_they_were,
            visibility::rules_mean_the_rows_of_memory,
            visibility::nothing_is_written_beyond_what_is_seen,
            visibility::what_lies_above_is_passed_and_not_read,
        }
    };
}
