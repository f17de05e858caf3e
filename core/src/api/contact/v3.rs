//! `contact.v3`.

/// People.
pub mod user {
    use alloc::string::String;
    use alloc::vec::Vec;

    use serde_json::json;

    use crate::api::im::v1::UserIdType;
    use crate::api::read::answer;
    use crate::api::{Answer, ApiError, Call, Identity, Repeat, Request};

    /// `contact.v3.user.get`: reads about a person. What the app has no permission for is absent.
    #[derive(Clone, Debug)]
    pub struct Get {
        user_id: String,
        ids: Option<UserIdType>,
        department_ids: Option<String>,
    }

    impl Get {
        /// Of this id, an open id unless [told otherwise](Get::ids).
        pub fn new(user_id: impl Into<String>) -> Get {
            Get { user_id: user_id.into(), ids: None, department_ids: None }
        }

        /// The id is of this kind, and so are those in the answer.
        #[must_use]
        pub fn ids(mut self, ids: UserIdType) -> Get {
            self.ids = Some(ids);
            self
        }

        /// Departments have ids of this kind in the answer: `open_department_id`, as without a word, or `department_id`.
        #[must_use]
        pub fn department_ids(mut self, kind: impl Into<String>) -> Get {
            self.department_ids = Some(kind.into());
            self
        }
    }

    impl Call for Get {
        type Answer = User;

        fn request(&self) -> Request {
            Request::get("/open-apis/contact/v3/users/:user_id")
                .named("contact.v3.user.get")
                .segment(&self.user_id)
                .maybe("user_id_type", self.ids.map(UserIdType::as_str))
                .maybe("department_id_type", self.department_ids.as_deref())
        }

        fn read(&self, answer: &Answer) -> Result<User, ApiError> {
            answer.member("user", "no user")
        }
    }

    /// `contact.v3.user.batch_get_id`: the ids of people, by mail addresses and phone numbers, 50 of each at most.
    #[derive(Clone, Debug, Default)]
    pub struct BatchGetId {
        emails: Vec<String>,
        mobiles: Vec<String>,
        ids: Option<UserIdType>,
        resigned: bool,
    }

    impl BatchGetId {
        /// Of nobody yet.
        pub fn new() -> BatchGetId {
            BatchGetId::default()
        }

        /// Also of the person with this mail address. Enterprise addresses are not found.
        #[must_use]
        pub fn email(mut self, email: impl Into<String>) -> BatchGetId {
            self.emails.push(email.into());
            self
        }

        /// Also of the person with this phone number.
        #[must_use]
        pub fn mobile(mut self, mobile: impl Into<String>) -> BatchGetId {
            self.mobiles.push(mobile.into());
            self
        }

        /// Ids of this kind. Open ids else.
        #[must_use]
        pub fn ids(mut self, ids: UserIdType) -> BatchGetId {
            self.ids = Some(ids);
            self
        }

        /// Those who have left, too.
        #[must_use]
        pub fn include_resigned(mut self) -> BatchGetId {
            self.resigned = true;
            self
        }
    }

    impl Call for BatchGetId {
        type Answer = Vec<Found>;

        fn request(&self) -> Request {
            Request::post("/open-apis/contact/v3/users/batch_get_id")
                .named("contact.v3.user.batch_get_id")
                .maybe("user_id_type", self.ids.map(UserIdType::as_str))
                .json(json!({"emails": self.emails, "mobiles": self.mobiles, "include_resigned": self.resigned}))
                .identity(Identity::App)
                .repeat(Repeat::Safe)
        }

        fn read(&self, answer: &Answer) -> Result<Vec<Found>, ApiError> {
            answer.member("user_list", "no user_list")
        }
    }

    answer! {
        /// What was found for a mail address or a phone number.
        pub struct Found {
            /// The id, of the kind that was asked for; none if there is nobody.
            pub user_id: Option<String>,
            /// The mail address.
            pub email: Option<String>,
            /// The phone number.
            pub mobile: Option<String>,
            /// Whether the account is in use.
            pub status: Option<UserStatus>,
        }
    }

    answer! {
        /// A person.
        pub struct User {
            /// `ou_…`: in this app.
            pub open_id: Option<String>,
            /// `on_…`: in all apps of a vendor.
            pub union_id: Option<String>,
            /// In the tenant.
            pub user_id: Option<String>,
            /// The name.
            pub name: Option<String>,
            /// The name in English.
            pub en_name: Option<String>,
            /// The nickname.
            pub nickname: Option<String>,
            /// The mail address.
            pub email: Option<String>,
            /// The mail address of the enterprise.
            pub enterprise_email: Option<String>,
            /// The phone number.
            pub mobile: Option<String>,
            /// 0 unknown, 1 male, 2 female, 3 other.
            pub gender: Option<i64>,
            /// Pictures.
            pub avatar: Option<Avatar>,
            /// Whether the account is in use.
            pub status: Option<UserStatus>,
            /// Departments.
            pub department_ids: Vec<String>,
            /// The superior.
            pub leader_user_id: Option<String>,
            /// The city.
            pub city: Option<String>,
            /// The country.
            pub country: Option<String>,
            /// The place of work.
            pub work_station: Option<String>,
            /// When the person joined: seconds since 1970.
            pub join_time: Option<i64>,
            /// Whether it is an administrator of the tenant.
            pub is_tenant_manager: Option<bool>,
            /// The number as an employee.
            pub employee_no: Option<String>,
            /// The kind of employee.
            pub employee_type: Option<i64>,
            /// The title.
            pub job_title: Option<String>,
            /// What the person says of themselves.
            pub description: Option<String>,
            /// The time zone.
            pub time_zone: Option<String>,
        }
    }

    answer! {
        /// Pictures of a person, by size.
        pub struct Avatar {
            /// 72 pixels.
            pub avatar_72: Option<String>,
            /// 240 pixels.
            pub avatar_240: Option<String>,
            /// 640 pixels.
            pub avatar_640: Option<String>,
            /// As uploaded.
            pub avatar_origin: Option<String>,
        }
    }

    answer! {
        /// Whether an account is in use.
        pub struct UserStatus {
            /// Suspended.
            pub is_frozen: Option<bool>,
            /// Has left.
            pub is_resigned: Option<bool>,
            /// In use.
            pub is_activated: Option<bool>,
            /// Has left by itself.
            pub is_exited: Option<bool>,
            /// Has not joined yet.
            pub is_unjoin: Option<bool>,
        }
    }
}
