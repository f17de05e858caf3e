//! The seeds of the fuzz targets: where their search begins, and what is replayed on every build.
//!
//! Written to `fuzz/corpus` by `cargo run -p larkwire-properties --example seeds`. Inputs found by fuzzing are added there
//! by hand, beside them.

/// One file of a corpus.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Whose corpus.
    pub target: &'static str,
    /// What it is.
    pub name: &'static str,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// All of them.
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut add = |target, name, data: Vec<u8>| seeds.push(Seed { target, name, data });
    for (name, hex) in FRAMES {
        add("frame", name, unhex(hex));
    }
    add("frame", "hostile_65_headers", [0x2a, 0].repeat(65));
    add("frame", "hostile_header_of_5000_bytes", [&[0x2a, 0x88, 0x27][..], &[0; 5_000]].concat());
    for (name, text) in ENVELOPES {
        add("envelope", name, text.as_bytes().to_vec());
    }
    add("envelope", "hostile_deep_nesting", br#"{"event":"#.repeat(300));
    for (name, text) in URLS {
        add("url", name, text.as_bytes().to_vec());
    }
    for (name, choices, status, body) in ANSWERS {
        add("endpoint", name, [&[*choices, *status][..], body.as_bytes()].concat());
    }
    for (name, status, headers, body) in CALLS {
        let headers = headers.iter().flat_map(|text| [&[text.len() as u8][..], text.as_bytes()].concat());
        let head: Vec<u8> = [*status].into_iter().chain(headers).collect();
        add("answer", name, [&head[..], body.as_bytes()].concat());
    }
    for (name, script) in COURSES {
        add("calls", name, script.to_vec());
    }
    for (name, script) in LIVES {
        add("client", name, [NO_CHOICES, &script.concat()].concat());
    }
    add("client", "small_limits_are_kept", [&[0, 0x10, 0, 7], &FLOOD.concat()[..]].concat());
    add("client", "no_time_for_anything", [&[0x20, 0xc0, 0, 7], &FLOOD.concat()[..]].concat());
    add("client", "client_assertions_with_every_option", [&[0xff, 0x0b, 1, 7], &ASSERTED.concat()[..]].concat());
    for (name, script) in PARTS {
        add("reassembly", name, [ROOM_FOR_THREE, MESSAGES, script].concat());
    }
    add("reassembly", "room_for_one_message", [&[1][..], MESSAGES, INTERLEAVED].concat());
    add("reassembly", "little_room", [&[7][..], MESSAGES, INTERLEAVED].concat());
    seeds
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] << 4 | pair[1]).ok()).collect()
}

/// Answers to API calls: the choice of the status, three headers, and the body.
const CALLS: &[(&str, u8, [&str; 3], &str)] = &[
    (
        "message",
        4,
        ["", "", "l-1"],
        r#"{"code":0,"data":{"message_id":"om_1","create_time":"17","body":{"content":"{}"}}}"#,
    ),
    (
        "page",
        4,
        ["", "", ""],
        r#"{"code":0,"data":{"items":[{"message_id":"om_1"},7],"has_more":true,"page_token":"a="}}"#,
    ),
    ("bot", 4, ["", "", ""], r#"{"code":0,"msg":"ok","bot":{"open_id":"ou_1","activate_status":2}}"#),
    ("person", 4, ["", "", ""], r#"{"code":0,"data":{"user":{"open_id":"ou_1","status":{"is_frozen":"false"}}}}"#),
    ("file", 4, ["attachment; filename=\"a.txt\"; filename*=UTF-8''%E6%8A%A5.pdf", "", ""], "%PDF"),
    ("file_that_climbs", 4, ["attachment; filename=\"..\\\\..\\\\x\"", "", ""], "x"),
    ("too_many_calls", 1, ["", "3", ""], r#"{"code":99991400,"msg":"request trigger frequency limit"}"#),
    (
        "card",
        0,
        ["", "", ""],
        r#"{"code":230099,"msg":"Failed, ext=ErrCode: 11310; ErrMsg: element exceeds the limit; "}"#,
    ),
    (
        "permission_and_a_quoted_secret",
        0,
        ["", "", "Zq7-app-secret-91x"],
        r#"{"code":99991672,"msg":"Zq7-app-secret-91x","error":{"permission_violations":[{"subject":"im:message"}]}}"#,
    ),
    ("gateway", 2, ["", "1e300", ""], "<html>"),
    ("text_that_is_json", 4, ["", "", ""], r#"{"code":0,"data":{"$serde_json::private::RawValue":"[[1]]"}}"#),
];

/// Lives of API calls: see the property for what the bytes mean.
const COURSES: &[(&str, &[u8])] = &[
    ("a_token_for_all", &[7, 2, 3, 3, 4, 120, 1, 2, 3]),
    ("renewed_early", &[7, 2, 4, 120, 1, 1, 91, 2, 2, 4, 120, 1, 2, 1, 31, 2]),
    ("a_renewal_that_fails", &[7, 2, 4, 120, 1, 1, 91, 2, 4, 120, 0, 2, 0, 255, 2, 1, 40, 2]),
    ("refused", &[7, 2, 4, 120, 1, 5, 0, 2, 4, 120, 1, 5, 0, 2]),
    ("tried_until_it_is_given_up", &[7, 6, 0, 7, 0, 7, 0, 7, 0, 7, 0, 7, 0]),
    ("not_made_twice", &[7, 6, 1, 7, 0, 6, 1, 7, 1, 7, 4, 2, 7, 3, 0]),
    ("nobody_knows_what_became_of_it", &[7, 6, 0, 7, 2, 6, 2, 7, 0, 7, 6, 9, 6, 1, 7, 7, 9, 1]),
    ("a_life_of_no_length", &[7, 2, 4, 0, 1, 2, 4, 0, 0, 2, 3, 3]),
    ("hours_pass", &[7, 2, 4, 120, 1, 1, 255, 1, 255, 2, 2, 4, 255, 1, 1, 255, 2]),
    ("as_the_platform_asks", &[7, 6, 1, 7, 4, 5, 0, 150, 7, 4, 60, 6, 2, 7, 3, 0, 7, 6, 1, 7, 7, 9, 1]),
];

/// Made with the protobuf class of the official Python SDK, if not hostile.
const FRAMES: &[(&str, &str)] = &[
    ("ping", "0800100018f681801020002a0c0a0474797065120470696e67"),
    ("ping_of_service_0", "08001000180020002a0c0a0474797065120470696e67"),
    ("ping_of_service_minus_1", "0800100018ffffffffffffffffff0120002a0c0a0474797065120470696e67"),
    ("ping_with_empty_optional_fields", "0800100018f681801020002a0c0a0474797065120470696e6732003a004a00"),
    (
        "ping_with_channel_tag",
        "0800100018f681801020002a0c0a0474797065120470696e672a1e0a0b6368616e6e656c5f746167120f747275737465645f6368616e6e656c",
    ),
    (
        "pong_with_settings",
        "0800100018f681801020002a0c0a04747970651204706f6e6742547b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e65\
         6374496e74657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c223a3132307d",
    ),
    ("pong_without_payload", "0800100018f681801020002a0c0a04747970651204706f6e67"),
    ("pong_with_empty_payload", "0800100018f681801020002a0c0a04747970651204706f6e674200"),
    (
        "event",
        "0801100218f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d1201312a080a\
         037365711201302a0e0a0874726163655f696412027431425b7b22736368656d61223a22322e30222c22686561646572223a7b226576656e74\
         5f6964223a226531222c226576656e745f74797065223a22696d2e6d6573736167652e726563656976655f7631227d2c226576656e74223a7b\
         7d7d",
    ),
    (
        "ack",
        "0801100218f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d1201312a080a\
         037365711201302a0e0a0874726163655f6964120274312a0b0a0662697a5f7274120133420c7b22636f6465223a3230307d",
    ),
    (
        "ack_of_the_go_sdk",
        "0801100218f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d312a080a0373756d1201312a080a\
         037365711201302a0e0a0874726163655f6964120274312a0b0a0662697a5f727412013332003a0042277b22636f6465223a3230302c226865\
         6164657273223a6e756c6c2c2264617461223a6e756c6c7d4a00",
    ),
    (
        "event_with_every_field",
        "080110eb87d685e8c8a1e46118f681801020012a1a0a0974696d657374616d70120d313630383732353938393132332a0d0a04747970651205\
         6576656e742a320a0a6d6573736167655f6964122436666432613363312d306431652d346331622d396135332d316632653363346435623661\
         2a080a0373756d1201312a080a037365711201302a2c0a0874726163655f696412203031323334353637383961626364656630313233343536\
         37383961626364656632003a0042027b7d4a113230323031323233323031393439303130",
    ),
    (
        "first_of_three_parts",
        "080a101418f681801020012a0d0a047479706512056576656e742a100a0a6d6573736167655f696412026d322a080a0373756d1201332a080a\
         037365711201302a0e0a0874726163655f696412027432421e7b22736368656d61223a22322e30222c22686561646572223a7b22657665",
    ),
    ("largest_numbers", "08ffffffffffffffffff0110ffffffffffffffffff0118ffffffff072001"),
    ("missing_required_fields", "18f68180102a0c0a0474797065120470696e67"),
    ("header_without_value", "08001000180020012a060a0474797065"),
    ("equal_header_keys", "08001000180020012a080a0374797012013a2a080a0374797012013b"),
    ("unknown_fields_and_a_group", "08001000180020005a0161 63 0801 64 f83e01"),
    ("hostile_group_without_end", "08001000180020006363636363"),
    ("hostile_wrong_wire_type", "0a0161100018002000"),
    ("hostile_length_beyond_the_end", "080010001800200042ffffffff0f61"),
    ("hostile_varint_of_11_bytes", "08ffffffffffffffffffff01"),
    ("hostile_text_not_utf8", "08001000180020003202c328"),
    ("hostile_payload_twice", "0800100018002001420161420162"),
    ("empty", ""),
];

const ENVELOPES: &[(&str, &str)] = &[
    (
        "message_received",
        r#"{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02","token":"v-token-0123","create_time":"1608725989000","event_type":"im.message.receive_v1","tenant_key":"736588c9260f175e","app_id":"cli_a1b2c3d4e5f60718"},"event":{"sender":{"sender_id":{"open_id":"ou_1","union_id":"on_1","user_id":null},"sender_type":"user"},"message":{"message_id":"om_1","chat_id":"oc_1","chat_type":"group","message_type":"text","content":"{\"text\":\"@_user_1 hello\"}","create_time":"1608725989000","mentions":[{"key":"@_user_1","id":{"open_id":"ou_2"},"name":"Tom"}]}}}"#,
    ),
    (
        "card_action",
        r#"{"schema":"2.0","header":{"event_id":"f1","token":"","create_time":"1608725989000123","event_type":"card.action.trigger","app_id":"cli_1"},"event":{"operator":{"open_id":"ou_1"},"token":"c-295ee57216a5dc9de90fefd0aadb4b1d7d","action":{"value":{"key":"v"},"tag":"button","form_value":{"a":["b"]},"options":["x"],"checked":true},"host":"im_message","context":{"open_message_id":"om_1","open_chat_id":"oc_1"}}}"#,
    ),
    (
        "link_preview",
        r#"{"schema":"2.0","header":{"event_type":"url.preview.get"},"event":{"context":{"url":"https://x"}}}"#,
    ),
    (
        "version_1",
        r#"{"uuid":"4ad3b6","ts":"1502199207.7171419","token":"v1-token-99","type":"event_callback","event":{"type":"out_approval","app_id":"cli_1","tenant_key":"t"}}"#,
    ),
    ("header_without_type", r#"{"header":{"event_id":"e","token":"a-token-12"},"event":{"type":"message"}}"#),
    (
        "version_1_beside_a_header",
        r#"{"header":{"event_id":"h","create_time":"1","token":"ht"},"uuid":"u","ts":"1.5","token":"t","event":{"type":"b"}}"#,
    ),
    ("both_versions_at_once", r#"{"header":{"event_type":"a"},"uuid":"u","event":{"type":"b"}}"#),
    ("numbers_for_texts", r#"{"header":{"event_type":7,"event_id":-1,"create_time":1.5e3,"app_id":true},"event":[]}"#),
    ("members_twice", r#"{"event":{"type":"a"},"header":{"event_type":"x"},"header":{},"event":{"type":"b"}}"#),
    ("escapes_in_names_and_values", r#"{"header":{"event_type":"im.\u006dessage","event\u005fid":"é😀"},"event":{}}"#),
    ("half_a_surrogate_pair", r#"{"header":{"event_type":"a"},"event":{"x":"\ud800"}}"#),
    (
        "encrypted",
        r#"{"encrypt":"FIAfJPGRmFZWkaxPQ1XrJZVbv2JwdjfLk4jx0k/U1deAqYK3AXOZ5zcHt/cC4ZNTqYwWUW/EoL+b2hW/C4zoAQQ5CeMtbxX2zHjm+E4nX/Aww+FHUL6iuIMaeL2KLxqdtbHRC50vgC2YI7xohnb3KuCNBMUzLiPeNIpVdnYaeteCmSaESb+AZpJB9PExzTpRDzCRv+T6o5vlzaE8UgIneC1sYu85BnPBEMTSuj1ZZzfdQi7ZW992Z4dmJxn9e8FL2VArNm99f5Io3c2O4AcNsQENNKtfAAxVjCqc3mg5jF0nKabA+u/5vrUD76flX1UOF5fzJ0sApG2OEn9wfyPDRBsApn9o+fceF9hNrYBGsdtZrZYyGG387CGOtKsuj8e2E8SNp+Pn4E9oYejOTR+ZNLNi+twxaXVlJhr6l+RXYwEiMGQE9zGFBD6h2dOhKh3W84p1GEYnSRIz1+9/Hp66arjC7RCrhuW5OjCj4QFEQJiwgL45XryxHtiZ7JdAlPmjVsL03CxxFZarzxzffryrWUG3VkRdHRHbTsC34+ScoL5MTDU1QAWdqUC1T7xT0lCvQELaIhBTXAYrznJl6PlA83oqlMxpHh0gZBB1jFbfoUr7OQbBs1xqzpYK6Yjux6diwpQB1zlZErYJUfCqK7G/zI9yK/60b4HW0k3M+AvzMcw="}"#,
    ),
    ("encrypted_beside_an_event", r#"{"encrypt":"x","header":{"event_type":"a"},"event":{}}"#),
    ("no_object", "[{\"header\":{}}]"),
    ("null", "null"),
    ("empty_object", "{}"),
    ("trailing_bytes", "{} {}"),
    ("huge_number", r#"{"header":{"event_type":"a"},"event":1e999}"#),
    ("huge_number_for_the_header", r#"{"header":1E999}"#),
    ("nothing", ""),
];

const URLS: &[(&str, &str)] = &[
    (
        "connection_url_of_the_field",
        "wss://msg-frontier.feishu.cn/ws/v2?fpid=493&aid=552564&device_id=7012345678901234567&access_key=0123456789abcdef0123456789abcdef&service_id=33554678&ticket=6fd2a3c1-0d1e-4c1b-9a53-1f2e3c4d5b6a",
    ),
    ("domain", "https://open.larksuite.com/"),
    ("domain_with_port_and_path", "http://127.0.0.1:8080/lark//"),
    ("ipv6", "ws://[::1]:9000/ws?a=1"),
    ("ipv6_of_another_machine", "ws://[2001:db8::1]/"),
    ("upper_case", "WSS://Gateway.EXAMPLE:443/Path"),
    ("empty_port", "wss://h:/"),
    ("port_0", "wss://h:0/"),
    ("port_with_sign", "wss://h:+80/"),
    ("port_too_large", "wss://h:65536/"),
    ("user_information", "wss://user:password@h/"),
    ("fragment", "wss://h/?a=1#b"),
    ("query_without_path", "wss://h?service_id=3&device_id=%37"),
    ("backslashes", r"wss://good.example\@evil.example/"),
    ("percent_coding", "wss://h/?a%20b=c+d%2&%E4=%E4%BD%A0&=x&&y"),
    ("address_in_hex", "ws://0x7f.1/"),
    ("address_in_octal", "ws://0177.0.0.1/"),
    ("localhost_with_a_dot", "ws://localhost./"),
    ("localhost_as_a_subdomain", "ws://localhost.evil.example/"),
    ("brackets_unclosed", "ws://[::1"),
    ("text_after_the_bracket", "ws://[::1]x:80/"),
    ("no_host", "wss:///ws"),
    ("wrong_scheme", "file:///etc/passwd"),
];

const ANSWERS: &[(&str, u8, u8, &str)] = &[
    (
        "usual",
        0,
        0,
        r#"{"code":0,"msg":"","data":{"URL":"wss://msg-frontier.feishu.cn/ws/v2?device_id=7012345678901234567&service_id=33554678&ticket=6fd2a3c1","ClientConfig":{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}}}"#,
    ),
    (
        "moved_by_the_configuration",
        6,
        0,
        r#"{"code":0,"data":{"URL":"wss://h/ws?ticket=1&lane=2&lane=3&service_id=x"}}"#,
    ),
    ("plain_text_to_another_machine", 0, 0, r#"{"code":0,"data":{"URL":"ws://h/"}}"#),
    ("plain_text_allowed", 1, 0, r#"{"code":0,"data":{"URL":"ws://h/"}}"#),
    ("user_information", 0, 0, r#"{"code":0,"data":{"URL":"wss://a@h/"}}"#),
    ("fragment", 0, 0, r#"{"code":0,"data":{"URL":"wss://h/#f"}}"#),
    ("wrong_scheme", 0, 0, r#"{"code":0,"data":{"URL":"https://h/"}}"#),
    ("no_url", 0, 0, r#"{"code":0,"data":{}}"#),
    ("no_data", 0, 0, r#"{"code":0,"data":null}"#),
    ("count_that_is_obeyed", 16, 0, r#"{"code":0,"data":{"URL":"","ClientConfig":{"ReconnectCount":1}}}"#),
    (
        "settings_out_of_bounds",
        0,
        0,
        r#"{"code":0,"data":{"URL":"wss://h","ClientConfig":{"PingInterval":0,"ReconnectInterval":1e99,"ReconnectNonce":-5,"ReconnectCount":18446744073709551615}}}"#,
    ),
    ("busy", 0, 0, r#"{"code":1,"msg":"system busy"}"#),
    ("internal_error", 0, 0, r#"{"code":1000040343,"data":{}}"#),
    ("wrong_secret_quoted", 0, 0, r#"{"code":1000040345,"msg":"bad secret Zq7-app-secret-91x","data":{}}"#),
    ("too_many_connections", 0, 0, r#"{"code":1000040350,"msg":"the number of connections exceeded the limit"}"#),
    ("wrong_brand", 0, 0, r#"{"code":1000040351,"msg":"Incorrect domain name"}"#),
    ("another_code", 0, 0, r#"{"code":514,"msg":"auth failed"}"#),
    ("code_as_text", 0, 0, r#"{"code":"0"}"#),
    ("status_403_with_a_message", 0, 5, r#"{"code":403,"msg":"forbidden\u0007\r\nZq7-app-secret-91x"}"#),
    ("status_503_with_html", 0, 6, "<html><h1>503</h1>Zq7-app-secret-91x</html>"),
    (
        "longer_than_accepted",
        8,
        0,
        "{\"code\":0,\"data\":{\"URL\":\"wss://h/?0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\"}}",
    ),
    ("not_json", 0, 0, "<html>"),
];

// The steps of `client.rs`: which, when, and what of.
const NO_CHOICES: &[u8] = &[0, 0, 0, 7];
const FOUND: &[u8] = &[4, 0, 0, 15];
const OPENED: &[u8] = &[6, 0, 0];
const PONG: &[u8] = &[12, 2, 0, 0, 2];
const EVENT: &[u8] = &[9, 0, 0, 23, 1, 1];
const OTHER_EVENT: &[u8] = &[9, 0, 0, 23, 3, 5];
const SAME_EVENT: &[u8] = &[9, 0, 0, 23, 1, 2];
const CALLBACK: &[u8] = &[9, 0, 0, 1, 2, 3];
const HANDLED: &[u8] = &[18, 2, 0, 0];
const HANDLED_WITH_DATA: &[u8] = &[18, 2, 0, 2];
const FAILED: &[u8] = &[18, 2, 0, 4];
const ABANDONED: &[u8] = &[18, 2, 0, 7];
const TO_THE_DEADLINE: &[u8] = &[0, 13];
const CLOSED: &[u8] = &[16, 0, 0, 0, 0];
const CUT: &[u8] = &[17, 0, 0, 0, 0];
const SHUT_DOWN: &[u8] = &[19, 0, 0, 1];

const LIVES: &[(&str, &[&[u8]])] = &[
    ("an_event_is_handled", &[FOUND, OPENED, PONG, EVENT, HANDLED]),
    ("an_event_fails_and_comes_again", &[FOUND, OPENED, PONG, EVENT, FAILED, SAME_EVENT, HANDLED, SAME_EVENT]),
    ("a_duplicate_waits_for_the_answer", &[FOUND, OPENED, EVENT, SAME_EVENT, HANDLED]),
    ("a_callback_is_answered", &[FOUND, OPENED, CALLBACK, HANDLED_WITH_DATA, CALLBACK]),
    ("a_callback_is_late", &[FOUND, OPENED, CALLBACK, TO_THE_DEADLINE, HANDLED_WITH_DATA]),
    (
        "an_answer_after_the_connection",
        &[FOUND, OPENED, EVENT, CUT, HANDLED, &[0, 10], &[0, 9], FOUND, OPENED, SAME_EVENT],
    ),
    (
        "answers_on_the_next_connection",
        &[
            FOUND,
            OPENED,
            EVENT,
            SAME_EVENT,
            CALLBACK,
            CUT,
            &[0, 10],
            &[0, 9],
            FOUND,
            OPENED,
            HANDLED,
            HANDLED_WITH_DATA,
        ],
    ),
    ("an_event_is_given_up", &[FOUND, OPENED, EVENT, ABANDONED, SAME_EVENT, &[0, 11], &[0, 11]]),
    ("shut_down_with_an_answer", &[FOUND, OPENED, PONG, EVENT, SHUT_DOWN, OTHER_EVENT, HANDLED, CLOSED]),
    (
        "shut_down_without_an_answer",
        &[FOUND, OPENED, EVENT, SHUT_DOWN, TO_THE_DEADLINE, TO_THE_DEADLINE, &[0, 11], &[0, 12]],
    ),
    ("shut_down_while_discovering", &[SHUT_DOWN, FOUND, OPENED]),
    ("nothing_is_heard", &[FOUND, OPENED, &[0, 8], TO_THE_DEADLINE, TO_THE_DEADLINE]),
    (
        "a_day_of_pings",
        &[FOUND, OPENED, PONG, &[12, 10, 0, 0, 2], &[12, 10, 0, 0, 3], &[12, 2, 0, 0, 4], &[0, 13], PONG],
    ),
    ("the_machine_slept", &[FOUND, OPENED, PONG, &[2, 0, 100, 1], &[2, 3, 255, 1], &[0, 15], &[0, 12]]),
    ("time_goes_back", &[FOUND, &[6, 3, 0], &[0, 17], &[12, 18, 0, 0, 2], &[9, 17, 0, 23, 1, 1], &[18, 18, 0, 0]]),
    (
        "nobody_answers",
        &[&[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13], &[0, 13]],
    ),
    ("the_wrong_secret", &[&[4, 0, 0, 5], &[0, 12]]),
    ("the_connection_limit", &[FOUND, &[8, 0, 0, 0, 0], &[0, 12]]),
    ("forbidden_twice", &[FOUND, &[8, 0, 0, 2, 4], &[0, 13], FOUND, &[8, 0, 0, 2, 4]]),
    ("closed_with_3001_while_an_event_is_open", &[FOUND, OPENED, EVENT, &[16, 0, 0, 5, 2], &[0, 4], &[0, 12]]),
    (
        "answers_of_older_attempts",
        &[&[0, 13], &[0, 13], &[4, 0, 1, 15], &[6, 0, 1], FOUND, &[4, 0, 0, 15], &[6, 0, 2], OPENED],
    ),
    ("a_message_too_large", &[FOUND, OPENED, &[17, 0, 0, 1, 0], EVENT, CLOSED, TO_THE_DEADLINE]),
    (
        "hostile_frames",
        &[
            FOUND,
            OPENED,
            &[9, 0, 0, 15, 0, 0],
            &[9, 0, 0, 16, 0, 0],
            &[9, 0, 0, 17, 0, 0],
            &[9, 0, 0, 13, 0, 0],
            &[9, 0, 0, 14, 0, 0],
            &[9, 0, 0, 19, 0, 0],
            &[9, 0, 0, 6, 0, 0],
            &[9, 0, 0, 5, 0, 0],
            &[15, 0, 0, 0],
            &[13, 0, 0, 3, 8, 255, 255],
        ],
    ),
    (
        "parts_and_a_lost_connection",
        &[FOUND, OPENED, &[11, 0, 0, 0, 0, 0, 0], &[11, 0, 0, 0, 0, 1, 0], &[11, 0, 0, 1, 1, 0, 0], CUT, &[0, 13]],
    ),
];

const FLOOD: &[&[u8]] = &[
    FOUND,
    OPENED,
    PONG,
    EVENT,
    SAME_EVENT,
    &[9, 0, 0, 23, 2, 1],
    &[9, 0, 0, 23, 3, 1],
    &[9, 0, 0, 23, 4, 1],
    HANDLED,
    HANDLED,
    HANDLED,
    &[1, 0],
    &[11, 0, 0, 0, 0, 0, 0],
    &[11, 0, 0, 1, 0, 0, 0],
    &[11, 0, 0, 2, 0, 0, 0],
    &[9, 0, 0, 6, 0, 0],
    &[9, 0, 0, 6, 0, 0],
    &[9, 0, 0, 20, 0, 0],
    &[9, 0, 0, 18, 0, 0],
    CLOSED,
    &[0, 13],
    FOUND,
    OPENED,
    &[0, 7],
];

const ASSERTED: &[&[u8]] =
    &[&[3, 0, 0, 3], FOUND, OPENED, CALLBACK, &[0, 5], EVENT, CUT, &[0, 13], &[3, 0, 0, 0], &[0, 13], &[3, 0, 0, 2]];

// The steps of `reassembly.rs`: six messages as the number of parts and a length, then parts as message, number and flaw.
const ROOM_FOR_THREE: &[u8] = &[3];
const MESSAGES: &[u8] = &[3, 60, 2, 120, 5, 0, 7, 250, 1, 30, 8, 9];
const INTERLEAVED: &[u8] =
    &[0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 2, 1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 0, 2, 2, 0, 2, 3, 0, 2, 4, 0];

const PARTS: &[(&str, &[u8])] = &[
    ("in_order", &[0, 0, 0, 0, 1, 0, 0, 2, 0]),
    ("backwards", &[0, 2, 0, 0, 1, 0, 0, 0, 0]),
    ("interleaved", INTERLEAVED),
    ("a_copy_of_a_part", &[1, 0, 0, 1, 0, 0, 1, 1, 0]),
    ("a_copy_with_other_bytes", &[1, 0, 0, 1, 0, 251, 1, 1, 0]),
    ("copies_after_the_end", &[1, 0, 0, 1, 1, 0, 1, 0, 0, 206]),
    ("everything_twice", &[1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0]),
    ("another_sum", &[0, 0, 0, 0, 1, 253, 0, 0, 0, 0, 1, 0, 0, 2, 0]),
    ("numbers_out_of_range", &[0, 7, 0, 0, 0, 254, 0, 0, 255, 5, 0, 0]),
    ("empty_parts", &[0, 0, 0, 0, 1, 252, 0, 2, 0]),
    ("too_late", &[0, 0, 0, 0, 1, 0, 206, 0, 2, 0]),
    ("just_in_time", &[0, 0, 0, 204, 203, 0, 1, 0, 0, 2, 0]),
    ("lost_with_the_connection", &[0, 0, 0, 2, 0, 0, 240, 0, 1, 0, 0, 2, 0, 0, 0, 0]),
    ("too_large_together", &[3, 0, 0, 3, 1, 0, 3, 2, 0, 3, 3, 0, 3, 4, 0, 3, 5, 0, 3, 6, 0]),
    ("whole_messages_between", &[0, 0, 0, 4, 0, 0, 0, 1, 0, 4, 0, 0, 0, 2, 0]),
];
