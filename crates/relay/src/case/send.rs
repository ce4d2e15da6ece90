//! A case on its way to whoever downloads it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use domain::{Error, Kind, Result};
use futures::Stream;
use futures::future::select_all;
use policy::Permit;
use policy::act::Download as DownloadAct;
use tokio::sync::mpsc;

use super::{CaseReport, Made, make};
use crate::Watch;
use crate::playback::Playback;

/// A finished case as a file.
#[derive(Debug)]
pub struct CaseFile {
    made: Arc<Made>,
    playback: Playback,
    permits: Vec<Permit<DownloadAct>>,
    watches: Vec<Watch<DownloadAct>>,
    report: CaseReport,
}

impl CaseFile {
    pub(super) async fn new(
        made: Arc<Made>,
        playback: Playback,
        permits: Vec<Permit<DownloadAct>>,
        report: CaseReport,
    ) -> Result<Self> {
        let mut watches = Vec::new();
        for permit in &permits {
            watches.push(playback.lease(permit, true).await?);
        }
        Ok(Self { made, playback, permits, watches, report })
    }

    /// Bytes of the whole zip.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a zip is never empty: it has an end")]
    pub fn len(&self) -> u64 {
        self.made.layout.len()
    }

    /// A strong entity tag (RFC 9110, 8.8.3) without its quotes.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.made.etag
    }

    /// What it is of.
    #[must_use]
    pub fn report(&self) -> &CaseReport {
        &self.report
    }

    /// The bytes `from..to` of the zip. Ends with an error where the right to one of its cameras is withdrawn meanwhile.
    pub fn read(self, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let (chunks, mut ready) = mpsc::channel(2);
        let Self { made, playback, permits, mut watches, .. } = self;
        tokio::spawn(async move {
            let ended = select_all(watches.iter_mut().map(|watch| Box::pin(watch.ended())));
            let outcome = tokio::select! {
                _ = ended => Err(Error::new(Kind::Forbidden, "case.right_ended", "the right to this footage has ended")),
                outcome = pump(&made, from..to, &playback, &permits, &chunks) => outcome,
            };
            if let Err(error) = outcome {
                // A receiver that is gone has hung up: nobody is left to tell.
                let _ = chunks.send(Err(error)).await;
            }
        });
        futures::stream::poll_fn(move |cx| ready.poll_recv(cx))
    }
}

async fn pump(
    made: &Made,
    range: Range<u64>,
    playback: &Playback,
    permits: &[Permit<DownloadAct>],
    chunks: &mpsc::Sender<Result<Bytes>>,
) -> Result<()> {
    for number in 0..made.layout.entries().len() {
        if !send(Bytes::from(made.layout.header(number)), made.layout.header_at(number), &range, chunks).await {
            return Ok(());
        }
        let content = made.layout.content(number);
        if let Some(plain) = made.plain.get(number) {
            if !send(plain.clone(), content.start, &range, chunks).await {
                return Ok(());
            }
            continue;
        }
        let (from, to) = (range.start.max(content.start), range.end.min(content.end));
        let footage = number.checked_sub(made.plain.len()).and_then(|number| made.footage.get(number));
        let Some(footage) = footage.filter(|_| from < to) else { continue };
        let permit = permits.iter().find(|permit| permit.object() == footage.camera);
        let permit = permit.ok_or_else(|| Error::internal("a case with a camera that nobody asked about"))?;
        let file = playback.layout(permit, footage.range).await?;
        make::same(&file, footage)?;
        playback.send(&file, from - content.start..to - content.start, permit, chunks).await?;
        if chunks.is_closed() {
            return Ok(());
        }
    }
    send(Bytes::from(made.layout.tail()), made.layout.directory_at(), &range, chunks).await;
    Ok(())
}

/// Sends what of `bytes`, which lie at `at`, is in the range. False where nobody listens any more.
async fn send(bytes: Bytes, at: u64, range: &Range<u64>, chunks: &mpsc::Sender<Result<Bytes>>) -> bool {
    let end = at + bytes.len() as u64;
    let (from, to) = (range.start.max(at), range.end.min(end));
    if from >= to {
        return true;
    }
    // Both within the length of what is in memory.
    let part = bytes.slice((from - at) as usize..(to - at) as usize);
    chunks.send(Ok(part)).await.is_ok()
}
