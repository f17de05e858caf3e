use std::time::Duration;

use larkwire_sim::{Push, Sim};

use super::my_bot;

#[tokio::test]
async fn copied_from_row_0() {
    let sim = Sim::start().await;
    let _bot = my_bot::spawn(sim.config()); // your code, unchanged
    sim.wait_connected(1).await.expect("a bot");
    let push = sim.push(Push::callback_payload(r#"{"schema":"2.0","header":{"event_id":"e1","event_type":"card.action.trigger"},"event":{"say":"it's \"done\""}}"#)).await;
    let ack = push.acked(Duration::from_secs(3)).await.expect("an ack");
    assert_eq!(ack.code, 200);
    assert_eq!(ack.data.expect("data").to_string(), r#"{"toast":{"content":"it's \"done\"","type":"info"}}"#);
    sim.assert_no_violations();
}
