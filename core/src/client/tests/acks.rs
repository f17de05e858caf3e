//! From a delivery to its ack. The expected bytes are those of the Python SDK's own protobuf class.

use super::*;

/// SeqID 1, LogID 2, message_id m1, one part, trace_id t1.
const EVENT: &str = "0801100218f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d\
1201312a080a037365711201302a0e0a0874726163655f696412027431425b7b22736368656d61223a22322e30222c22686561646572223a7b2265\
76656e745f6964223a226531222c226576656e745f74797065223a22696d2e6d6573736167652e726563656976655f7631227d2c226576656e7422\
3a7b7d7d";
/// biz_rt 3, `{"code":200}`.
const ACK: &str = "0801100218f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d12\
01312a080a037365711201302a0e0a0874726163655f6964120274312a0b0a0662697a5f7274120133420c7b22636f6465223a3230307d";

fn bytes(hex: &str) -> Bytes {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn raw(story: &mut Story) -> Bytes {
    story.expect("a message", |output| match output {
        Output::Send { data, .. } => Some(data.clone()),
        _ => None,
    })
}

#[test]
fn the_ack_is_the_frame_with_biz_rt_and_the_code_byte_for_byte() {
    let mut story = Story::ready(config());
    story.binary(bytes(EVENT));
    let delivery = story.delivery();
    assert_eq!((delivery.message_id(), delivery.trace_id()), (Some("m1"), Some("t1")));
    assert_eq!(delivery.event_type().unwrap().name, "im.message.receive_v1");
    story.pass(ms(3));
    assert_eq!(story.reply(delivery.id(), Reply::ok()), Ok(Replied::Sent));
    assert_eq!(raw(&mut story), bytes(ACK));
}

#[test]
fn a_failure_is_told_with_code_500_and_biz_rt() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.pass(ms(1_500));
    story.reply(id, Reply::failed()).unwrap();
    let ack = story.sent();
    assert_eq!((text(&ack), ack.header("biz_rt")), (r#"{"code":500}"#, Some("1500")));
    assert_eq!(ack.headers.last().unwrap().key(), "biz_rt");
}

#[test]
fn the_answer_of_a_callback_travels_in_base64() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", &event("e1", "card.action.trigger")));
    let delivery = story.delivery();
    assert!(delivery.is_callback());
    let reply = Reply::json(r#"{"toast":{"type":"success","content":"完成"}}"#);
    story.reply(delivery.id(), reply).unwrap();
    // echo -n '{"toast":{"type":"success","content":"完成"}}' | base64 -w0
    let expected = r#"{"code":200,"data":"eyJ0b2FzdCI6eyJ0eXBlIjoic3VjY2VzcyIsImNvbnRlbnQiOiLlrozmiJAifX0="}"#;
    assert_eq!(text(&story.sent()), expected);
}

#[test]
fn an_empty_answer_object_is_sent_as_one() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", &event("e1", "card.action.trigger")));
    let id = story.delivery().id();
    story.reply(id, Reply::json("{}")).unwrap();
    assert_eq!(text(&story.sent()), r#"{"code":200,"data":"e30="}"#);
}

#[test]
fn the_ack_of_a_split_message_is_that_of_the_part_that_completed_it() {
    let mut story = Story::ready(config());
    let payload = event("e1", "im.message.receive_v1");
    let (a, b) = payload.as_bytes().split_at(20);
    story.frame(&part("m1", 2, 1, b));
    assert_eq!((story.deliveries(), story.sends()), (0, 0));
    story.pass(ms(50));
    story.frame(&part("m1", 2, 0, a));
    let delivery = story.delivery();
    assert_eq!(delivery.payload(), payload.as_bytes());
    story.pass(ms(7));
    story.reply(delivery.id(), Reply::ok()).unwrap();
    let ack = story.sent();
    assert_eq!((ack.header("sum"), ack.header("seq"), ack.header("biz_rt")), (Some("2"), Some("0"), Some("7")));
}

#[test]
fn a_delivery_is_answered_once() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::Sent));
    assert_eq!(story.reply(id, Reply::failed()), Err(UnknownDelivery));
    assert_eq!(story.reply(DeliveryId::new(99), Reply::ok()), Err(UnknownDelivery));
    assert_eq!(story.sends(), 1);
}

#[test]
fn a_late_ack_is_sent_all_the_same_and_counted() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    assert_eq!(story.pass_to_deadline(), ms(2_800));
    story.expect("overdue", |output| match output {
        Output::Notice(Notice::Overdue { id: found, answered: false }) if *found == id => Some(()),
        _ => None,
    });
    story.pass(ms(2_000));
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::Sent));
    assert_eq!(story.sent().header("biz_rt"), Some("4800"));
    let stats = story.client.stats();
    assert_eq!((stats.overdue, stats.acks, stats.acks_late), (1, 1, 1));
}

#[test]
fn each_delivery_is_overdue_once_in_the_order_of_their_coming() {
    let mut story = Story::ready(config());
    let first = story.delivered("m1", "e1");
    story.pass(ms(100));
    let second = story.delivered("m2", "e2");
    let third = story.delivered("m3", "e3");
    story.reply(second, Reply::ok()).unwrap();
    story.said.clear();
    story.pass(secs(10));
    let overdue: Vec<DeliveryId> = story
        .said
        .iter()
        .filter_map(|output| match output {
            Output::Notice(Notice::Overdue { id, .. }) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(overdue, [first, third]);
}

#[test]
fn a_late_callback_gets_a_neutral_answer_in_time_and_its_own_is_remembered() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", &event("e1", "card.action.trigger")));
    let id = story.delivery().id();
    story.pass(ms(2_800));
    let ack = story.sent();
    assert_eq!((text(&ack), ack.header("biz_rt")), (r#"{"code":200}"#, Some("2800")));
    story.expect("overdue", |output| {
        matches!(output, Output::Notice(Notice::Overdue { answered: true, .. })).then_some(())
    });
    story.pass(secs(5));
    assert_eq!(story.reply(id, Reply::json("{}")), Ok(Replied::AlreadyAnswered));
    assert_eq!(story.sends(), 0);
    story.frame(&data("m2", &event("e1", "card.action.trigger")));
    assert_eq!(text(&story.sent()), r#"{"code":200,"data":"e30="}"#);
}

#[test]
fn a_late_callback_is_waited_for_if_the_application_wants_that() {
    let mut config = config();
    config.late_callback = LateCallback::Wait;
    let mut story = Story::ready(config);
    story.frame(&data("m1", &event("e1", "card.action.trigger")));
    let id = story.delivery().id();
    story.pass(secs(4));
    assert_eq!(story.sends(), 0);
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::Sent));
}

#[test]
fn acked_on_receipt_an_event_still_has_an_outcome_and_a_callback_still_waits() {
    let mut config = config();
    config.ack_mode = AckMode::OnReceived;
    let mut story = Story::ready(config);
    story.event("m1", "e1");
    assert_eq!((story.sends(), story.deliveries()), (1, 1));
    let id = story.delivery().id();
    assert_eq!(text(&story.sent()), r#"{"code":200}"#);
    story.event("m2", "e1");
    assert_eq!((story.sends(), story.deliveries()), (1, 0), "a duplicate of a running event is acked as well");
    assert_eq!(story.reply(id, Reply::failed()), Ok(Replied::AlreadyAnswered));
    story.event("m3", "e1");
    assert_eq!(story.deliveries(), 1, "it failed, and is handled again");

    story.said.clear();
    story.frame(&data("m4", &event("c1", "card.action.trigger")));
    assert_eq!((story.sends(), story.deliveries()), (0, 1));
}

#[test]
fn an_event_can_be_acked_before_it_is_handled() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.event("m2", "e1");
    assert_eq!(story.client.acknowledge(story.now, id), Ok(Replied::Sent));
    story.listen();
    for message_id in ["m1", "m2"] {
        let ack = story.sent();
        assert_eq!((ack.header("message_id"), text(&ack)), (Some(message_id), r#"{"code":200}"#));
    }
    assert_eq!(story.client.acknowledge(story.now, id), Ok(Replied::AlreadyAnswered));
    story.event("m3", "e1");
    assert_eq!(story.sent().header("message_id"), Some("m3"), "a later duplicate is acked at once as well");
    assert_eq!(story.deliveries(), 0);
    story.pass(secs(10));
    assert_eq!(story.client.stats().overdue, 0, "the platform has its ack");
    story.said.clear();
    assert_eq!(story.reply(id, Reply::failed()), Ok(Replied::AlreadyAnswered));
    assert_eq!(story.client.acknowledge(story.now, id), Err(UnknownDelivery));
    assert_eq!(story.sends(), 0);
}

#[test]
fn an_answer_of_null_or_nothing_is_none() {
    for text_of_answer in ["null", "", " null\n"] {
        let mut story = Story::ready(config());
        story.frame(&data("m1", &event("e1", "card.action.trigger")));
        let id = story.delivery().id();
        story.reply(id, Reply::json(text_of_answer)).unwrap();
        assert_eq!(text(&story.sent()), r#"{"code":200}"#);
    }
}

#[test]
fn an_ack_never_goes_out_on_another_connection() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.fail(LinkErrorKind::Reset);
    story.pass_to_attempt();
    story.connect();
    story.pong("");
    story.said.clear();
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
    assert_eq!(story.sends(), 0);
    assert_eq!(story.client.stats().acks_lost, 1);
}

#[test]
fn without_a_usable_payload_the_platform_is_told_500_at_once() {
    let encrypted = r#"{"encrypt":"37WcVuhGaEnhbEpzEo4ErQ=="}"#;
    for payload in ["", "{", "[]", "null", "7", "\"text\"", "{} {}", encrypted] {
        let mut story = Story::ready(config());
        story.frame(&data("m1", payload));
        assert_eq!(text(&story.sent()), r#"{"code":500}"#, "{payload}");
        assert_eq!(story.deliveries(), 0);
        assert_eq!(story.client.stats().frames.malformed, 1);
    }
    let mut story = Story::ready(config());
    story.frame(&data("m1", encrypted));
    assert_eq!(story.dropped(), (DropReason::Encrypted, 1));
}

#[test]
fn an_object_without_a_type_is_delivered_since_somebody_may_know_it() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", r#"{"type":"url_verification","challenge":"x"}"#));
    let delivery = story.delivery();
    assert_eq!(delivery.event_type(), None);
    assert_eq!(story.reply(delivery.id(), Reply::ok()), Ok(Replied::Sent));
}
