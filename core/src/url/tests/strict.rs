use super::*;

#[track_caller]
fn strict(text: &str, expected: bool) {
    assert_eq!(is_strict_authority(text), expected, "{text}");
}

#[test]
fn names_addresses_and_ports_are_taken() {
    for text in ["h", "H", "a-b.example", "1.2.3.4", "1.2.3.4:1", "[::1]", "[2001:db8::1]:65535", "3com.example:443"] {
        strict(text, true);
    }
}

#[test]
fn labels_are_of_1_to_63_letters_digits_and_inner_hyphens() {
    strict(&format!("{}.example", "a".repeat(63)), true);
    strict(&format!("{}.example", "a".repeat(64)), false);
    for text in ["", ".", ".a", "a.", "a..b", "-a", "a-", "a.-b", "a-.b", "a_b", "a b", "a%62", "bücher", "中", "a*"]
    {
        strict(text, false);
    }
}

#[test]
fn a_name_has_253_characters_at_most() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    strict(&longest, true);
    strict(&format!("{longest}a"), false);
    strict(&format!("{longest}:65535"), true);
}

#[test]
fn numbers_are_an_address_without_leading_zeros() {
    for text in ["1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4.", "256", "0x7f.1"] {
        strict(text, false);
    }
}

#[test]
fn an_ipv6_address_has_brackets_and_no_zone() {
    for text in ["::1", "[::1", "[::1]]", "[]", "[::1%eth0]", "[::1%25eth0]", "[1.2.3.4]", "[::g]", "x[::1]", "[::1]x"]
    {
        strict(text, false);
    }
    strict("[::ffff:1.2.3.4]", true);
}

#[test]
fn a_port_is_1_to_65535_without_leading_zeros() {
    for text in ["h:", "h:0", "h:080", "h:65536", "h:+1", "h:x", "h:1:2", "h: 1", ":1", "[::1]:", "[::1]:0", "[::1]1"] {
        strict(text, false);
    }
}

#[test]
fn nothing_else_of_a_url_is_taken() {
    for text in ["u@h", "u:p@h", "h/", "h?a", "h#f", "h\\", "wss://h", "h\r\n", "h\0", " h", "h "] {
        strict(text, false);
    }
}
