//! The server's own numbers, as its metrics page tells them.

use testkit::Result;

/// One look at the page.
#[derive(Debug, Default)]
pub(crate) struct Numbers(String);

impl Numbers {
    /// Looks at a server whose metrics are at a port.
    pub(crate) async fn of(port: u16) -> Result<Self> {
        Ok(Self(reqwest::get(format!("http://127.0.0.1:{port}/metrics")).await?.text().await?))
    }

    /// A number by its name with its labels; 0 where it was never counted.
    pub(crate) fn get(&self, name: &str) -> f64 {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok()).unwrap_or(0.0)
    }

    /// What so great a share of all that was measured under that name stays below.
    pub(crate) fn quantile(&self, name: &str, share: &str) -> f64 {
        self.get(&format!("{name}{{quantile=\"{share}\"}}"))
    }
}
