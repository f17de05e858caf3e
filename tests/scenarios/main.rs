//! The same stories on every runtime, by every way to the platform.
//!
//! `scenarios.rs` tells them, and knows no runtime; this file has one test for each of them, runtime and way. The other
//! modules are about what only several runtimes, or several threads, can show. Each test waits for what happens, never for
//! time.

mod crossed;
mod scenarios;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod together;

/// Tests named `runtime::way::scenario`.
macro_rules! matrix {
    ($($runtime:ident)*) => {$(
        mod $runtime {
            way!($runtime, plain, Plain);
            way!($runtime, tls, Tls);
            way!($runtime, connect, Connect);
            way!($runtime, socks5, Socks5);
        }
    )*};
}

macro_rules! way {
    ($runtime:ident, $way:ident, $kind:ident) => {
        mod $way {
            tests! {
                $runtime, $kind:
                a_bot_connects_and_is_ready
                an_event_is_handled_answered_in_its_chat_and_acked
                an_event_in_many_parts_arrives_whole
                a_click_gets_its_toast
                a_slow_handler_holds_up_nobody
                a_lost_connection_is_replaced_whatever_way_it_ended
                a_bot_that_is_dropped_leaves_at_once
                settings_in_a_pong_change_the_pings
                a_half_open_connection_is_noticed_and_replaced
                a_wrong_secret_ends_the_bot_with_the_reason
                a_shutdown_lets_the_handler_finish_and_says_goodbye
            }
        }
    };
}

macro_rules! tests {
    ($runtime:ident, $kind:ident: $($scenario:ident)*) => {$(
        #[test]
        fn $scenario() {
            let story = async |stage: &crate::stage::Stage| crate::scenarios::$scenario(stage).await;
            crate::stage::on::$runtime(|runtime| crate::stage::play(runtime, crate::support::Kind::$kind, story));
        }
    )*};
}

matrix! { tokio_current_thread tokio_multi_thread smol async_std }
