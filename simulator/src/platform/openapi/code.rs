//! Platform codes, with the meaning that the official documentation gives them.

pub(super) const INVALID_PARAMETER: i64 = 10_003;
pub(super) const WRONG_SECRET: i64 = 10_015;
pub(super) const RATE_LIMIT: i64 = 99_991_400;
pub(super) const NO_SUCH_PATH: i64 = 99_991_201;
pub(super) const METHOD_MISMATCH: i64 = 99_991_301;
pub(super) const TOKEN_MISSING: i64 = 99_991_661;
pub(super) const TENANT_TOKEN_INVALID: i64 = 99_991_663;
pub(super) const USER_TOKEN_INVALID: i64 = 99_991_668;
pub(super) const TOKEN_FORMAT: i64 = 99_991_671;
pub(super) const SCOPE_MISSING: i64 = 99_991_672;
pub(super) const FIELD_VALIDATION: i64 = 99_992_402;

/// Messages.
pub(super) mod message {
    pub(crate) const INVALID: i64 = 230_001;
    pub(crate) const NOT_IN_CHAT: i64 = 230_002;
    pub(crate) const PAGE_TOKEN: i64 = 230_003;
    pub(crate) const RECALL_TOO_LATE: i64 = 230_009;
    pub(crate) const RECALLED: i64 = 230_011;
    pub(crate) const NOT_SENDER: i64 = 230_012;
    pub(crate) const NOT_RESOURCE_OWNER: i64 = 230_017;
    pub(crate) const THREAD_INVISIBLE: i64 = 230_073;
    pub(crate) const THREAD_MISSING: i64 = 230_019;
    pub(crate) const FREQUENCY: i64 = 230_020;
    pub(crate) const TOO_LONG: i64 = 230_025;
    pub(crate) const NO_RECALL_PERMISSION: i64 = 230_026;
    pub(crate) const PATCH_WINDOW: i64 = 230_031;
    pub(crate) const READ_WINDOW: i64 = 230_033;
    pub(crate) const RECEIVE_ID_INVALID: i64 = 230_034;
    pub(crate) const INVISIBLE: i64 = 230_050;
    pub(crate) const TYPE_NOT_SUPPORTED: i64 = 230_054;
    pub(crate) const FILE_TYPE_MISMATCH: i64 = 230_055;
    pub(crate) const UPDATE_NOT_SENDER: i64 = 230_071;
    pub(crate) const EDITS_USED_UP: i64 = 230_072;
    pub(crate) const EDIT_WINDOW: i64 = 230_075;
    pub(crate) const CARD: i64 = 230_099;
    pub(crate) const DELETED: i64 = 230_110;
}

/// Reactions.
pub(super) mod reaction {
    pub(crate) const EMOJI: i64 = 231_001;
    pub(crate) const NOT_IN_CHAT: i64 = 231_002;
    pub(crate) const MESSAGE_MISSING: i64 = 231_003;
    pub(crate) const NOT_OWN: i64 = 231_007;
    pub(crate) const PAGE_TOKEN: i64 = 231_012;
    pub(crate) const USER_ID_TYPE: i64 = 231_014;
    pub(crate) const TYPE_NOT_SUPPORTED: i64 = 231_017;
}

/// Chats and their members.
pub(super) mod chat {
    pub(crate) const INVALID: i64 = 232_001;
    pub(crate) const OWNER_ONLY: i64 = 232_002;
    pub(crate) const CHAT_ID: i64 = 232_006;
    pub(crate) const WRONG_TYPE: i64 = 232_008;
    pub(crate) const DISSOLVED: i64 = 232_009;
    pub(crate) const NOT_IN_CHAT: i64 = 232_011;
    pub(crate) const NEW_OWNER: i64 = 232_012;
    pub(crate) const MEMBER_LIMIT: i64 = 232_013;
    pub(crate) const ID_TYPE: i64 = 232_015;
    pub(crate) const OWNERS_FIELD: i64 = 232_016;
    pub(crate) const NOT_OWNER: i64 = 232_017;
    pub(crate) const NOT_VISIBLE: i64 = 232_024;
    pub(crate) const NO_VALID_MEMBERS: i64 = 232_027;
    pub(crate) const BOT_INVISIBLE: i64 = 232_043;
}

/// Images, files, and resources of messages.
pub(super) mod file {
    pub(crate) const INVALID: i64 = 234_001;
    pub(crate) const NOT_IN_MESSAGE: i64 = 234_003;
    pub(crate) const NOT_IN_CHAT: i64 = 234_004;
    pub(crate) const TOO_LARGE: i64 = 234_006;
    pub(crate) const NOT_OWNER: i64 = 234_008;
    pub(crate) const EMPTY: i64 = 234_010;
    pub(crate) const TYPE_NOT_SUPPORTED: i64 = 234_043;
}

/// People.
pub(super) mod contact {
    pub(crate) const INVALID: i64 = 40_001;
    pub(crate) const OPEN_ID: i64 = 99_992_351;
    pub(crate) const OPEN_ID_OF_ANOTHER_APP: i64 = 99_992_361;
    pub(crate) const USER_ID: i64 = 99_992_364;
    pub(crate) const UNION_ID: i64 = 99_992_381;
}

/// Card entities, and cards in messages where these codes stand inside the text of 230099.
pub(super) mod card {
    pub(crate) const INVALID: i64 = 10_002;
    pub(crate) const MISSING: i64 = 200_740;
    pub(crate) const EXPIRED: i64 = 200_750;
    pub(crate) const UUID_USED: i64 = 200_770;
    pub(crate) const INTERACTION: i64 = 200_810;
    pub(crate) const STREAMING_TIMED_OUT: i64 = 200_850;
    pub(crate) const TOO_LARGE: i64 = 200_860;
    pub(crate) const SCHEMA: i64 = 300_303;
    pub(crate) const TOO_MANY_ELEMENTS: i64 = 300_305;
    pub(crate) const EMPTY: i64 = 300_307;
    pub(crate) const STREAMING_OFF: i64 = 300_309;
    pub(crate) const ONLY_TEXT: i64 = 300_310;
    pub(crate) const NOT_CREATOR: i64 = 300_311;
    pub(crate) const TAG_CHANGE: i64 = 300_312;
    pub(crate) const UPDATE_FAILED: i64 = 300_313;
    pub(crate) const DELETE_FAILED: i64 = 300_314;
    pub(crate) const ADD_FAILED: i64 = 300_315;
    pub(crate) const SEQUENCE: i64 = 300_317;
    pub(crate) const CONFIG_FAILED: i64 = 300_122;
}

/// The update of a card by the token of a callback.
pub(super) mod update {
    pub(crate) const INVALID: i64 = 10_002;
    pub(crate) const FORMAT: i64 = 11_311;
    pub(crate) const TOO_LARGE: i64 = 100_000;
    pub(crate) const JSON: i64 = 100_030;
    pub(crate) const RECALLED: i64 = 200_000;
    pub(crate) const OTHER_APP: i64 = 200_310;
    pub(crate) const TOKEN_FORMAT: i64 = 300_020;
    pub(crate) const TOKEN_EXPIRED: i64 = 300_030;
    pub(crate) const TOKEN_USED_UP: i64 = 300_040;
}
