//! What the media path costs and how quick it is, beside programs of others that get the same input in the same run.

mod download;
mod fanout;
mod index;
mod live;
mod record;
mod startup;
mod table;

use std::path::{Path, PathBuf};

use testkit::Result;

/// What is measured, and how much of it.
#[derive(Debug)]
pub(crate) struct Plan {
    /// First frames in the browser, and connections, to take the percentiles of.
    pub(crate) tries: u32,
    /// Cameras that are recorded.
    pub(crate) cameras: usize,
    /// Viewers at once; the marginal one is between a tenth and all of them.
    pub(crate) viewers: usize,
    /// One section alone.
    pub(crate) only: Option<String>,
    /// A folder for the figures.
    pub(crate) json: Option<PathBuf>,
}

pub(crate) async fn run(binary: &Path, plan: &Plan) -> Result<()> {
    let wanted = |section: &str| plan.only.as_deref().is_none_or(|only| only == section);
    let folder = plan.json.as_deref();
    folder.map(std::fs::create_dir_all).transpose()?;
    println!("machine: {}, load {}", machine(), std::fs::read_to_string("/proc/loadavg")?.trim());
    if wanted("startup") {
        table::tell("startup", &startup::figures(binary).await?, folder)?;
    }
    if wanted("index") {
        table::tell("index", &index::figures().await?, folder)?;
    }
    if wanted("recording") {
        table::tell("recording", &record::figures(binary, plan.cameras).await?, folder)?;
    }
    if wanted("fanout") {
        table::tell("fanout", &fanout::figures(binary, plan.viewers, plan.tries).await?, folder)?;
    }
    if wanted("download") {
        table::tell("download", &download::figures(binary).await?, folder)?;
    }
    if wanted("live") {
        println!("\nlive view in Chromium");
        live::run(binary, plan.tries, folder).await?;
    }
    Ok(())
}

/// The processor's name and how many there are.
fn machine() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |(_, name)| name);
    format!("{} x {model}", std::thread::available_parallelism().map_or(1, usize::from))
}
