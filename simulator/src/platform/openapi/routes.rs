//! Which calls there are.

use super::call::{Call, Outcome};
use crate::platform::Platform;

/// Whose token a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tokens {
    /// None at all.
    None,
    /// The app's.
    Tenant,
    /// The app's, or a person's.
    Any,
    /// Whatever begins with `u-`.
    AnyUser,
}

/// One call.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Below `/open-apis/`; a part that begins with `:` can be anything.
    pub(super) path: &'static str,
    pub(super) tokens: Tokens,
    /// The permission that it needs; empty if none.
    pub(super) scope: &'static str,
    pub(super) run: fn(&mut Platform, &Call<'_>) -> Outcome,
}

impl Route {
    const fn new(
        method: &'static str,
        path: &'static str,
        tokens: Tokens,
        scope: &'static str,
        run: fn(&mut Platform, &Call<'_>) -> Outcome,
    ) -> Route {
        Route { method, path, tokens, scope, run }
    }

    /// The variable parts of a path that fits.
    pub(super) fn fits<'a>(&self, path: &[&'a str]) -> Option<Vec<&'a str>> {
        let mut parts = Vec::new();
        let mut own = self.path.split('/');
        for part in path {
            match own.next()? {
                name if name.starts_with(':') => parts.push(*part),
                name if name == *part => {}
                _ => return None,
            }
        }
        own.next().is_none().then_some(parts)
    }
}

/// All calls that are simulated (endpoint catalogue), and what else the channels of the official SDKs call. The first that fits
/// counts.
pub(super) const ROUTES: &[Route] = &[
    Route::new("POST", "auth/v3/tenant_access_token/internal", Tokens::None, "", Platform::tenant_token),
    Route::new("POST", "auth/v3/app_access_token/internal", Tokens::None, "", Platform::app_token),
    Route::new("POST", "im/v1/messages", Tokens::Any, "im:message", Platform::create_message),
    Route::new("GET", "im/v1/messages", Tokens::Any, "im:message", Platform::list_messages),
    Route::new("GET", "im/v1/messages/:message_id", Tokens::Any, "im:message", Platform::read_message),
    Route::new("PUT", "im/v1/messages/:message_id", Tokens::Tenant, "im:message", Platform::update_message),
    Route::new("PATCH", "im/v1/messages/:message_id", Tokens::Any, "im:message", Platform::patch_message),
    Route::new("DELETE", "im/v1/messages/:message_id", Tokens::Any, "im:message", Platform::delete_message),
    Route::new("POST", "im/v1/messages/:message_id/reply", Tokens::Any, "im:message", Platform::reply_message),
    Route::new("POST", "im/v1/messages/:message_id/forward", Tokens::Any, "im:message", Platform::forward_message),
    Route::new("GET", "im/v1/messages/:message_id/read_users", Tokens::Any, "im:message", Platform::read_users),
    Route::new("POST", "im/v1/messages/:message_id/reactions", Tokens::Any, "im:message", Platform::create_reaction),
    Route::new("GET", "im/v1/messages/:message_id/reactions", Tokens::Any, "im:message", Platform::list_reactions),
    Route::new(
        "DELETE",
        "im/v1/messages/:message_id/reactions/:reaction_id",
        Tokens::Any,
        "im:message",
        Platform::delete_reaction,
    ),
    Route::new(
        "GET",
        "im/v1/messages/:message_id/resources/:file_key",
        Tokens::Any,
        "im:message",
        Platform::read_resource,
    ),
    Route::new("POST", "im/v1/images", Tokens::Any, "im:resource", Platform::create_image),
    Route::new("GET", "im/v1/images/:image_key", Tokens::Tenant, "im:resource", Platform::read_image),
    Route::new("POST", "im/v1/files", Tokens::Any, "im:resource", Platform::create_file),
    Route::new("GET", "im/v1/files/:file_key", Tokens::Tenant, "im:resource", Platform::read_file),
    Route::new("POST", "im/v1/chats", Tokens::Any, "im:chat", Platform::create_chat),
    Route::new("GET", "im/v1/chats", Tokens::Any, "im:chat", Platform::list_chats),
    Route::new("GET", "im/v1/chats/:chat_id", Tokens::Any, "im:chat", Platform::read_chat),
    Route::new("PUT", "im/v1/chats/:chat_id", Tokens::Any, "im:chat", Platform::update_chat),
    Route::new("DELETE", "im/v1/chats/:chat_id", Tokens::Any, "im:chat", Platform::delete_chat),
    Route::new("POST", "im/v1/chats/:chat_id/members", Tokens::Any, "im:chat", Platform::create_members),
    Route::new("GET", "im/v1/chats/:chat_id/members", Tokens::Any, "im:chat", Platform::list_members),
    Route::new("DELETE", "im/v1/chats/:chat_id/members", Tokens::Any, "im:chat", Platform::delete_members),
    Route::new("GET", "im/v1/chats/:chat_id/members/is_in_chat", Tokens::Any, "im:chat", Platform::is_in_chat),
    Route::new(
        "GET",
        "contact/v3/users/batch",
        Tokens::Any,
        "contact:user.base:readonly",
        Platform::read_users_at_once,
    ),
    Route::new("GET", "application/v6/applications/:app_id", Tokens::Tenant, "", Platform::read_app),
    Route::new("GET", "contact/v3/users/:user_id", Tokens::Any, "contact:user.base:readonly", Platform::read_user),
    Route::new(
        "POST",
        "contact/v3/users/batch_get_id",
        Tokens::Tenant,
        "contact:user.id:readonly",
        Platform::find_users,
    ),
    Route::new("GET", "bot/v3/info", Tokens::Tenant, "", Platform::read_bot),
    Route::new("POST", "cardkit/v1/cards", Tokens::Tenant, "cardkit:card:write", Platform::create_card),
    Route::new("POST", "cardkit/v1/cards/id_convert", Tokens::Tenant, "cardkit:card:write", Platform::convert_card),
    Route::new("PUT", "cardkit/v1/cards/:card_id", Tokens::Tenant, "cardkit:card:write", Platform::replace_card),
    Route::new("PATCH", "cardkit/v1/cards/:card_id/settings", Tokens::Tenant, "cardkit:card:write", Platform::set_card),
    Route::new(
        "POST",
        "cardkit/v1/cards/:card_id/batch_update",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::batch_card,
    ),
    Route::new(
        "POST",
        "cardkit/v1/cards/:card_id/elements",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::create_elements,
    ),
    Route::new(
        "PUT",
        "cardkit/v1/cards/:card_id/elements/:element_id",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::replace_element,
    ),
    Route::new(
        "PATCH",
        "cardkit/v1/cards/:card_id/elements/:element_id",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::patch_element,
    ),
    Route::new(
        "DELETE",
        "cardkit/v1/cards/:card_id/elements/:element_id",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::delete_element,
    ),
    Route::new(
        "PUT",
        "cardkit/v1/cards/:card_id/elements/:element_id/content",
        Tokens::Tenant,
        "cardkit:card:write",
        Platform::stream_content,
    ),
    Route::new("POST", "interactive/v1/card/update", Tokens::Tenant, "", Platform::update_card),
    Route::new("GET", "event/v1/connection", Tokens::Tenant, "", Platform::online_connections),
    Route::new("POST", "event/v1/connections/:device_id/bind_user", Tokens::AnyUser, "", Platform::bind_user),
    Route::new("POST", "event/v1/connections/:device_id/unbind_user", Tokens::AnyUser, "", Platform::bind_user),
];
