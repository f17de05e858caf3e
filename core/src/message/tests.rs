use super::*;

fn read(content: impl Into<Content>) -> (String, Value) {
    let content = content.into();
    (content.msg_type().into(), serde_json::from_str(content.json()).unwrap())
}

#[test]
fn a_text_says_just_that() {
    assert_eq!(read("a \"b\"\n<c>"), ("text".into(), json!({"text": "a \"b\"\n<c>"})));
    assert_eq!(read(String::from("x")), read("x"));
}

#[test]
fn what_somebody_has_written_mentions_nobody() {
    let defused = |text: &str| Text::new(text).as_str().replace('\u{200b}', "|");
    assert_eq!(defused("<at user_id=\"all\"></at>"), "<|at user_id=\"all\"><|/at>");
    assert_eq!(defused("<B>x</b> <i/>"), "<|B>x<|/b> <|i/>");
    // What is no tag stays as it is, so that code can be copied.
    for code in ["a < b", "Vec<String>", "<", "<<", "<attr>", "if a<b && c", "<at", "</ at>", "&lt;at&gt;", "é<"] {
        assert_eq!(defused(code), code);
    }
}

#[test]
fn mentions_and_links_are_made_by_name() {
    let text = Text::new("hi ")
        .mention_as("ou_1", "Ada <b>")
        .text(", ")
        .link("ci", "https://x")
        .mention_all()
        .markup(" <b>!</b>");
    let expected = "hi <at user_id=\"ou_1\">Ada b</at>, [ci](https://x)<at user_id=\"all\"></at> <b>!</b>";
    assert_eq!(text.as_str(), expected);
    let link = Text::default().link("a](b) [<b>c</b>", "https://x/(1)) d");
    assert_eq!(link.as_str().replace('\u{200b}', "|"), "[a(b) <|b>c<|/b>](https://x/(1%29%29d)");
    assert_eq!(Text::default().mention("x\"><at user_id=\"all").as_str(), "<at user_id=\"xat user_id=all\"></at>");
}

#[test]
fn a_post_has_languages_titles_and_lines() {
    let post = Post::new()
        .title("标题")
        .line([Node::text("a").bold().italic(), Node::mention_all()])
        .line([Node::image("img_1")])
        .language("en_us")
        .line([Node::code("rust", "fn"), Node::rule(), Node::emotion("SMILE"), Node::markdown("- x")]);
    let expected = json!({
        "zh_cn": {"title": "标题", "content": [
            [{"tag": "text", "text": "a", "style": ["bold", "italic"]}, {"tag": "at", "user_id": "all"}],
            [{"tag": "img", "image_key": "img_1"}]]},
        "en_us": {"content": [[
            {"tag": "code_block", "language": "rust", "text": "fn"}, {"tag": "hr"},
            {"tag": "emotion", "emoji_type": "SMILE"}, {"tag": "md", "text": "- x"}]]}});
    assert_eq!(read(post), ("post".into(), expected));
    // The language that was never used is not sent.
    assert_eq!(read(Post::new().language("en_us").title("T")).1, json!({"en_us": {"title": "T", "content": []}}));
}

#[test]
fn the_default_card_is_that_of_the_node_sdk() {
    // messageCard.defaultCard({title: '回复： hi', content: '新年好'}) of @larksuiteoapi/node-sdk 1.74.0.
    let node = r#"{"config":{"wide_screen_mode":true},"elements":[{"tag":"markdown","content":"新年好"}],"header":{"template":"blue","title":{"content":"回复： hi","tag":"plain_text"}}}"#;
    let (kind, card) = read(Card::default_card("回复： hi", "新年好"));
    assert_eq!((kind.as_str(), card), ("interactive", serde_json::from_str::<Value>(node).unwrap()));
}

#[test]
fn buttons_have_the_form_of_their_version() {
    let button = || Button::new("OK").primary().value(json!({"k": "v"})).url("https://x").confirm("Sure?", "Really?");
    let text = |text: &str| json!({"tag": "plain_text", "content": text});
    let confirm = json!({"title": text("Sure?"), "text": text("Really?")});
    let first = json!({"tag": "button", "text": text("OK"), "type": "primary", "value": {"k": "v"}, "url": "https://x",
        "confirm": confirm});
    let card = Value::from(Card::v1().buttons([button()]).shared());
    assert_eq!(card["elements"], json!([{"tag": "action", "actions": [first]}]));
    assert_eq!(card["config"], json!({"wide_screen_mode": true, "update_multi": true}));

    let behaviors =
        json!([{"type": "callback", "value": {"k": "v"}}, {"type": "open_url", "default_url": "https://x"}]);
    let second =
        json!({"tag": "button", "text": text("OK"), "type": "primary", "behaviors": behaviors, "confirm": confirm});
    let card = Value::from(Card::new().buttons([button(), Button::new("No").danger()]));
    let columns = &card["body"]["elements"][0]["columns"];
    assert_eq!(columns[0], json!({"tag": "column", "width": "auto", "elements": [second]}));
    assert_eq!(columns[1]["elements"][0]["type"], "danger");
}

#[test]
fn a_card_can_come_as_json_and_grow() {
    let json = json!({"schema": "2.0", "body": {"elements": [{"tag": "hr"}]}});
    let card = Card::from(json).title("T").color("red").markdown("m").text("t").image("img_1", "alt").rule();
    let card = Value::from(card.set("card_link", json!({"url": "https://x"})));
    let tags: alloc::vec::Vec<_> =
        card["body"]["elements"].as_array().unwrap().iter().map(|e| e["tag"].clone()).collect();
    assert_eq!(tags, ["hr", "markdown", "div", "img", "hr"]);
    assert_eq!((&card["header"]["template"], &card["card_link"]["url"]), (&json!("red"), &json!("https://x")));
    // Of what is no card, nothing is made.
    assert_eq!(Value::from(Card::from(json!([1])).markdown("m")), json!({}));
}

#[test]
fn markdown_of_others_has_no_power() {
    assert_eq!(escape_markdown("**b** <at id=all></at>"), "&#42;&#42;b&#42;&#42; &#60;at id=all&#62;&#60;/at&#62;");
    assert_eq!(escape_markdown("新年好 a-b"), "新年好 a-b");
}

#[test]
fn keys_and_ids_make_content() {
    assert_eq!(read(Content::image("img_1")), ("image".into(), json!({"image_key": "img_1"})));
    assert_eq!(read(Content::file("f")), ("file".into(), json!({"file_key": "f"})));
    assert_eq!(read(Content::audio("f")).0, "audio");
    assert_eq!(read(Content::media("f", "i")), ("media".into(), json!({"file_key": "f", "image_key": "i"})));
    assert_eq!(read(Content::sticker("f")).0, "sticker");
    assert_eq!(read(Content::share_chat("oc_1")).1, json!({"chat_id": "oc_1"}));
    assert_eq!(read(Content::share_user("ou_1")).1, json!({"user_id": "ou_1"}));
    let (kind, template) = read(Template::new("AAq1").variable("name", "Ada"));
    let data = json!({"template_id": "AAq1", "template_variable": {"name": "Ada"}});
    assert_eq!((kind.as_str(), template), ("interactive", json!({"type": "template", "data": data})));
}
