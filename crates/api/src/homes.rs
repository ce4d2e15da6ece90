//! Which homes a caller means.

use axum::http::StatusCode;
use domain::{HomeId, SessionId};

use crate::problem::{Problem, Result};
use crate::state::ApiState;

impl ApiState {
    /// The home that is named, or all that the caller is of. A permit decides about each; a name proves nothing.
    pub(crate) async fn homes(&self, session: SessionId, named: Option<HomeId>) -> Result<Vec<HomeId>> {
        match named {
            Some(home) => Ok(vec![home]),
            None => Ok(self.control.homes_of(session).await?),
        }
    }

    /// The home that is named, or the only one that the caller is of.
    pub(crate) async fn home(&self, session: SessionId, named: Option<HomeId>) -> Result<HomeId> {
        match *self.homes(session, named).await? {
            [home] => Ok(home),
            [] => Err(Problem::not_found()),
            [..] => Err(Problem {
                field: Some("home_id".to_owned()),
                ..Problem::new(StatusCode::BAD_REQUEST, "request.invalid", "you have several homes: say which")
            }),
        }
    }
}
