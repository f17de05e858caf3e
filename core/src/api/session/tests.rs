use super::*;
use crate::api::{Repeat, UuidPlace, bot, im};
use alloc::string::ToString;
use alloc::vec;
use serde_json::json;

fn session(seed: u64) -> Session {
    let mut config = Config::new("cli_1", "the app secret");
    config.tags = vec!["tag".into()];
    Session::new(&config, seed)
}

fn http(session: &mut Session, request: Request) -> Result<crate::Request, ApiError> {
    let course = session.begin(Time::ZERO, request);
    course.http(&session.site().unwrap(), Some(&Secret::new("t-1")))
}

fn header<'a>(request: &'a crate::Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_call_says_who_makes_it() {
    use crate::api::Call;
    let request = http(&mut session(1), bot::v3::Info.request()).unwrap();
    assert_eq!(request.url.expose(), "https://open.feishu.cn/open-apis/bot/v3/info");
    assert_eq!(header(&request, "Authorization"), Some("Bearer t-1"));
    assert_eq!(header(&request, "locale"), Some("zh"));
    assert!(header(&request, "User-Agent").unwrap().ends_with(" tag"));
    assert_eq!((header(&request, "Content-Type"), request.body.len()), (None, 0));
}

#[test]
fn a_uuid_is_given_where_one_is_taken_and_none_is_there() {
    let uuid_of = |request: Request| {
        let mut session = session(1);
        let course = session.begin(Time::ZERO, request);
        match &course.request().body {
            Body::Json(body) => body.get("uuid").and_then(|uuid| uuid.as_str()).map(str::to_owned),
            _ => course.request().query.iter().find(|(name, _)| name == "uuid").map(|(_, uuid)| uuid.clone()),
        }
    };
    let body = || Request::post("/x").json(json!({})).repeat(Repeat::Uuid(UuidPlace::Body));
    assert_eq!(uuid_of(body()).unwrap().len(), 32);
    assert_eq!(uuid_of(body().json(json!({"uuid": "own"}))).unwrap(), "own");
    let query = || Request::post("/x").repeat(Repeat::Uuid(UuidPlace::Query));
    assert_eq!(uuid_of(query()).unwrap().len(), 32);
    assert_eq!(uuid_of(query().query("uuid", "own")).unwrap(), "own");
    assert_eq!(uuid_of(Request::post("/x").json(json!({}))), None);
}

#[test]
fn no_two_calls_have_the_same_uuid_and_a_seed_always_gives_the_same() {
    let uuids = |seed| -> Vec<String> {
        let mut session = session(seed);
        let request = || Request::post("/x").json(json!({})).repeat(Repeat::Uuid(UuidPlace::Body));
        (0..100).map(|_| format!("{:?}", session.begin(Time::ZERO, request()).request().body)).collect()
    };
    let mut all = uuids(1);
    assert_eq!(all, uuids(1));
    all.extend(uuids(2));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 200);
}

#[test]
fn paths_and_queries_are_encoded() {
    let get = |request: Request| http(&mut session(1), request).map(|http| http.url.path_and_query().to_string());
    let request = Request::get("/open-apis/a/:b/c/:d").segment("a/b?c d").segment("é").query("q", "1&2");
    assert_eq!(get(request).unwrap(), "/open-apis/a/a%2Fb%3Fc%20d/c/%C3%A9?q=1%262");
    assert_eq!(get(Request::get("/x?a=b").query("c", "d")).unwrap(), "/x?a=b&c=d");
    assert_eq!(get(Request::get("/x/:id")), Err(ApiError::Segment("id".into())));
    assert_eq!(get(Request::get("/x y")), Err(ApiError::Path(UrlError::Character)));
    assert_eq!(get(Request::get("/x#y")), Err(ApiError::Path(UrlError::Fragment)));
    for elsewhere in [".evil.example/", "@evil.example/", "evil", ""] {
        assert_eq!(get(Request::get(elsewhere)), Err(ApiError::Path(UrlError::Host)), "{elsewhere}");
    }
}

#[test]
fn slashes_at_the_end_of_the_domain_do_not_count() {
    let mut config = Config::new("cli_1", "the app secret");
    config.domain = crate::Domain::Custom("https://gateway.example/lark//".into());
    let request = http(&mut Session::new(&config, 1), Request::get("/open-apis/x")).unwrap();
    assert_eq!(request.url.expose(), "https://gateway.example/lark/open-apis/x");
}

#[test]
fn a_domain_that_secrets_must_not_go_to_is_refused() {
    let mut config = Config::new("cli_1", "the app secret");
    config.domain = crate::Domain::Custom("http://elsewhere".into());
    assert_eq!(Session::new(&config, 1).site().unwrap_err(), UrlError::Insecure);
    config.allow_insecure = true;
    assert!(Session::new(&config, 1).site().is_ok());
}

#[test]
fn without_a_secret_there_is_no_token() {
    let mut session = Session::new(&Config::with_assertion("cli_1"), 1);
    assert_eq!(session.begin_fetch(Time::ZERO).unwrap_err(), ApiError::NoSecret);
}

#[test]
fn files_may_take_longer() {
    use crate::api::Call;
    let mut session = session(1);
    let until = |session: &mut Session, request| session.begin(Time::ZERO, request).until().since_origin().as_secs();
    assert_eq!(until(&mut session, bot::v3::Info.request()), 30);
    assert_eq!(until(&mut session, im::v1::image::Create::new("a", "b").request()), 300);
    assert_eq!(until(&mut session, im::v1::image::Get::new("a").request()), 300);
}

#[test]
fn neither_a_session_nor_a_course_nor_a_site_shows_a_secret() {
    let mut session = session(1);
    let fetch = session.begin_fetch(Time::ZERO).unwrap();
    let site = session.site().unwrap();
    let http = fetch.http(&site, Some(&Secret::new("t-very-secret"))).unwrap();
    let shown = format!("{session:?} {fetch:?} {site:?} {http:?}");
    assert!(!shown.contains("app secret") && !shown.contains("very-secret"), "{shown}");
}

#[test]
fn what_is_secret_in_a_call_is_not_shown_when_the_answer_quotes_it() {
    use crate::api::{Call, interactive};
    let update = interactive::v1::card::Update::new("c-very-secret", json!({}));
    let mut session = session(1);
    let course = session.begin(Time::ZERO, update.request());
    let site = session.site().unwrap();
    let body = Bytes::from_static(br#"{"code":300030,"msg":"token c-very-secret expired"}"#);
    let error = update.read(&course.answer(&site, None, 400, Vec::new(), body)).unwrap_err();
    let shown = format!("{update:?} {course:?} {error} {error:?}");
    assert!(shown.contains("token *** expired") && !shown.contains("very-secret"), "{shown}");
}
