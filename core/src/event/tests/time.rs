use super::*;

#[track_caller]
fn created(text: &str, expected: Option<u64>) {
    let json = format!(r#"{{"header":{{"event_type":"a","create_time":"{text}"}}}}"#);
    assert_eq!(parse(&json).created_unix_ms(), expected, "{text}");
}

#[test]
fn events_count_in_ms_callbacks_in_us_and_version_1_in_seconds_with_a_fraction() {
    created("1608725989123", Some(1_608_725_989_123));
    created("1767230533871204", Some(1_767_230_533_871));
    created("1502199207.7171419", Some(1_502_199_207_717));
    created("1502199207", Some(1_502_199_207_000));
}

#[test]
fn a_fraction_may_have_any_number_of_digits() {
    created("1502199207.", Some(1_502_199_207_000));
    created("1502199207.5", Some(1_502_199_207_500));
    created("1502199207.05", Some(1_502_199_207_050));
    created("1502199207.0009999", Some(1_502_199_207_000));
    created("0.001", Some(1));
}

#[test]
fn what_is_no_time_is_none() {
    for text in
        ["", " ", "x", "-1", "-1502199207.5", "1502199207.x", "1502199207.7x", "1e12", ".5", ".", "1.2.3", "0x1"]
    {
        created(text, None);
    }
    // Nanoseconds are not in use; what is longer still overflows.
    for text in ["1767230533871204000", "18446744073709551615", "18446744073709551616", "99999999999999999999.5"] {
        created(text, None);
    }
}

#[test]
fn a_sign_is_no_digit() {
    for text in ["+1608725989123", "+1502199207", "+1.5"] {
        created(text, None);
    }
}

#[test]
fn a_number_is_as_good_as_its_text() {
    for (number, expected) in [
        ("1608725989123", 1_608_725_989_123),
        ("1502199207.5", 1_502_199_207_500),
        ("1.502199207e9", 1_502_199_207_000),
    ] {
        let json = format!(r#"{{"ts":{number},"event":{{"type":"a"}}}}"#);
        assert_eq!(parse(&json).created_unix_ms(), Some(expected), "{number}");
    }
}

#[test]
fn without_a_time_there_is_none() {
    assert_eq!(parse("{}").created_unix_ms(), None);
}
