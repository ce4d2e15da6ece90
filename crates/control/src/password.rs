//! argon2id, two at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::{Error, Kind, Result, Secret};
use tokio::sync::Semaphore;

/// Memory of one hash in KiB, passes, lanes: the OWASP minimum for argon2id, some 30 ms of one core.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes at a time: 38 MiB, and never more than two cores however many sign in.
const RUNNING_MAX: usize = 2;

/// Hashes that run or wait: about a second of work. Beyond, sign-in says so at once.
const WAITING_MAX: usize = 64;

/// Hashes passwords off the runtime's threads.
#[derive(Debug)]
pub(crate) struct Hasher {
    waiting: Semaphore,
    running: Arc<Semaphore>,
}

impl Hasher {
    pub(crate) fn new() -> Self {
        Self { waiting: Semaphore::new(WAITING_MAX), running: Arc::new(Semaphore::new(RUNNING_MAX)) }
    }

    /// A PHC string under a new salt.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        self.run(move || {
            let hash: PasswordHash =
                argon2()?.hash_password(password.expose().as_bytes()).map_err(|e| Error::internal(e.to_string()))?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the one that was hashed. Without a hash the same work is done for nothing, so that time does
    /// not tell which accounts exist.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<&str>) -> Result<bool> {
        let Some(hash) = hash else {
            self.hash(password).await?;
            return Ok(false);
        };
        let (password, hash) = (password.clone(), hash.to_owned());
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
            Ok(argon2()?.verify_password(password.expose().as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _waiting = self.waiting.try_acquire().map_err(|_| too_many(1))?;
        let running = self.running.clone().acquire_owned().await.map_err(Error::internal)?;
        // The permit goes with the work: a request that was given up must not make room for a third hash.
        let done = tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        });
        done.await.map_err(Error::internal)?
    }
}

/// The error of a try that comes too soon. The detail begins with the seconds to wait.
pub(crate) fn too_many(seconds: u64) -> Error {
    Error::new(Kind::TooMany, "sign_in.too_many", format!("{seconds} seconds until the next try"))
}

/// The same under another code, after a wait that may be a fraction: whole seconds, and never zero.
pub(crate) fn too_soon(code: &'static str, wait: Duration) -> Error {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Error::new(Kind::TooMany, code, format!("{seconds} seconds until the next try"))
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_names_its_cost_and_knows_its_password() {
        let hasher = Hasher::new();
        let (right, wrong) = (Secret::from("correct horse"), Secret::from("correct horsf"));
        let hash = hasher.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hasher.hash(&right).await.unwrap(), "a new salt each");
        assert!(hasher.verify(&right, Some(&hash)).await.unwrap());
        assert!(!hasher.verify(&wrong, Some(&hash)).await.unwrap());
        assert!(!hasher.verify(&right, None).await.unwrap());
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_and_what_waits_is_served() {
        let hasher = Hasher::new();
        let all = hasher.running.clone().acquire_many_owned(2).await.unwrap();
        let password = Secret::from("correct horse");
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(hasher.verify(&password, None))).collect();
        for one in &mut waiting {
            assert!(futures_pending(one.as_mut()).await);
        }
        let refused = hasher.verify(&password, None).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (Kind::TooMany, "sign_in.too_many"));
        drop(all);
        assert!(!waiting.remove(0).await.unwrap());
    }

    /// Polls once.
    async fn futures_pending(mut future: std::pin::Pin<&mut (impl Future<Output = Result<bool>> + ?Sized)>) -> bool {
        std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
    }
}
