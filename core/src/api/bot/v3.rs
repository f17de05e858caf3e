//! `bot.v3`: not in the generated packages of the official SDKs, but in their helpers.

use alloc::string::String;
use alloc::vec::Vec;

use crate::api::read::answer;
use crate::api::{Answer, ApiError, Call, Identity, Request};

/// `bot.v3.info.get`: who the bot is. Its `open_id` is what a mention of the bot names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Info;

answer! {
    /// A bot.
    pub struct Bot {
        /// `ou_…`: the bot in mentions.
        pub open_id: String,
        /// Its name.
        pub app_name: Option<String>,
        /// Its picture.
        pub avatar_url: Option<String>,
        /// 0 to 2: set up, disabled, enabled (field reports).
        pub activate_status: Option<i64>,
        /// The addresses that may call the API; empty if all may.
        pub ip_white_list: Vec<String>,
    }
}

impl Call for Info {
    type Answer = Bot;

    fn request(&self) -> Request {
        Request::get("/open-apis/bot/v3/info").named("bot.v3.info.get").identity(Identity::App)
    }

    /// The bot stands beside the code; one official helper takes it from `data` as well.
    fn read(&self, answer: &Answer) -> Result<Bot, ApiError> {
        answer.member("bot", "no bot")
    }
}
