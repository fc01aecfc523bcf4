//! What every store must do. One list of cases; each runs on every backend or on none.

mod awards;
mod backend;
mod budgets;
mod calendars;
mod chains;
mod county;
mod edited;
mod facts;
mod notices;
mod publications;
mod registry;
mod result_objections;
mod rounds;
mod runs;
mod sample;
mod schedules;
mod selection_documents;
mod selections;
mod sight;
mod statements;
mod together;
mod totals;

use backend::Backend;

/// Runs each case on each backend, on a store of its own.
macro_rules! conformance {
    ($($backend:ident),+ => $cases:tt) => { $( conformance!(@one $backend $cases); )+ };
    (@one $backend:ident [$($module:ident :: $case:ident),+ $(,)?]) => {
        mod $backend { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let backend = super::Backend::$backend(stringify!($case)).await;
                super::$module::$case(&backend).await;
                backend.remove().await;
            }
        )+ }
    };
}

mod everywhere {
    use super::{
        Backend, awards, budgets, calendars, chains, county, facts, notices, publications,
        registry, result_objections, rounds, runs, schedules, selection_documents, selections,
        sight, totals,
    };
    conformance!(sqlite_memory, sqlite_file, postgres => [
        county::an_error_ends_the_transaction_and_keeps_nothing,
        county::forgets_what_was_not_committed,
        county::a_write_without_the_county_is_refused,
        county::a_request_is_answered_once_and_repeated,
        county::moments_go_on_whatever_the_clock_does,
        county::the_audit_chain_is_whole,
        registry::is_read_as_of_a_day_and_a_moment,
        registry::pages_meet_every_id_once_in_byte_order,
        registry::children_are_found_by_parent,
        registry::ids_that_look_alike_are_kept_apart,
        registry::days_at_the_ends_of_the_calendar_come_back,
        registry::a_published_scheme_never_changes,
        registry::the_scheme_in_force_is_the_highest_that_includes_the_day,
        schedules::an_adopted_schedule_never_changes,
        schedules::schedules_are_read_as_they_were_known,
        schedules::schedules_are_paged_by_compound_and_version,
        selection_documents::a_published_document_never_changes,
        selection_documents::the_version_in_force_is_the_highest_that_includes_the_day,
        calendars::editions_are_read_as_they_were_known,
        chains::chains_come_back_exactly_and_once,
        notices::a_notice_with_objections_and_answers_comes_back,
        notices::what_is_there_already_is_refused,
        result_objections::objections_to_results_come_back_with_their_answers,
        result_objections::one_objection_of_a_number_and_one_answer,
        rounds::rows_come_back_exactly_and_once,
        rounds::sheets_are_read_as_they_were_known,
        rounds::sheets_are_paged_and_found_by_holder_and_subject,
        facts::come_back_exactly,
        facts::are_read_for_periods_and_days,
        facts::a_reversal_counts_from_its_moment_on,
        facts::a_second_reversal_is_refused,
        facts::a_source_record_is_taken_once,
        facts::are_listed_by_page_in_the_order_recorded,
        facts::more_rows_than_a_statement_holds_are_stored,
        facts::what_is_said_about_facts_is_found_by_their_ids,
        facts::objections_are_paged_in_the_order_recorded,
        totals::are_what_the_ledger_gives,
        totals::tell_when_they_are_too_new,
        runs::a_run_comes_back_and_is_replaced_by_revision,
        runs::only_one_run_of_a_period_is_published,
        runs::steps_wait_for_each_other,
        runs::a_claim_runs_out_and_is_lost,
        runs::results_are_paged_in_both_orders,
        publications::are_numbered_without_gaps_in_each_county,
        publications::are_read_from_a_number_on_and_of_one_scheme,
        publications::are_kept_with_their_transaction_or_not_at_all,
        selections::selections_come_back_exactly,
        selections::events_of_a_selection_come_back_in_their_order,
        selections::nothing_of_a_selection_is_written_twice_or_without_it,
        selections::a_roster_of_a_whole_county_is_kept,
        budgets::movements_come_back_exactly_and_in_order,
        budgets::figures_and_sums_are_read_as_of_a_moment,
        budgets::books_that_do_not_hold_are_refused,
        budgets::many_movements_at_once_are_kept,
        awards::batches_come_back_exactly_with_their_payments,
        awards::events_and_recoveries_come_back_in_their_order,
        awards::nothing_is_paid_twice_or_out_of_nothing,
        awards::a_batch_of_a_whole_county_is_kept,
        sight::facts_are_counted_by_kind_and_from_a_number_on,
        sight::runs_are_counted_by_state_with_their_ties,
    ]);
}

/// Cases that edit the database past the product or need two connections.
mod with_two_connections {
    use super::{Backend, edited, together};
    conformance!(sqlite_file, postgres => [
        edited::append_only_tables_refuse_changes,
        edited::an_edited_audit_entry_is_found,
        edited::removed_newest_audit_entries_are_found,
        edited::an_edited_total_is_named,
        edited::a_stored_value_of_no_meaning_is_corrupt,
        edited::a_newer_schema_is_refused,
        edited::what_was_stored_is_there_after_opening_again,
        together::a_second_writer_of_a_county_waits_and_is_told,
        together::writers_of_one_county_are_in_a_line,
        together::a_request_sent_twice_at_once_is_done_once,
        together::every_batch_is_claimed_once,
        together::a_reader_sees_one_moment,
        together::cancelled_calls_lose_nothing,
    ]);
}

/// What only a database server can do.
mod on_a_server {
    use super::{Backend, together};
    conformance!(postgres => [
        together::a_connection_lost_at_commit_is_an_unknown_outcome,
        together::a_connection_lost_before_commit_is_unavailable,
        together::the_net_catches_a_transaction_that_was_left_open,
    ]);
}
