//! The request in `ask`, its answer in `answer`, the connection URL of the answer in `connect_to`.
#![allow(clippy::arithmetic_side_effects)]

use super::*;
use crate::config::Domain;

mod answer;
mod ask;
mod connect_to;

const APP: &str = "cli_a1b2c3d4e5f60718";
const SECRET: &str = "s3cr3t-of-the-app";
/// Of the shape that is seen in the field; made up.
const URL: &str = "wss://msg-frontier.feishu.cn/ws/v2?fpid=493&aid=552564&device_id=7046029254386353131\
&access_key=0123456789abcdef0123456789abcdef&service_id=33554678&ticket=5f0e1d2c-3b4a-5968-8776-655443322110";

fn config() -> Config {
    Config::new(APP, SECRET)
}
