//! How written bytes become durable: file by file, or all of a filesystem at once.
//!
//! A file's own sync costs a commit of the filesystem's journal each. From a few files on, one sync of the whole filesystem costs
//! a third of the processor's time and a fifth of the wait. It waits for what others have written there, too: where that takes
//! long, files are synced one by one for a while.

use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

use super::port::PortFile;

/// Files from which on the filesystem is synced and not each of them.
pub(super) const WHOLE_FROM: usize = 4;

/// A sync of the filesystem that took longer had somebody else's bytes to write.
const WHOLE_TIME_MAX: Duration = Duration::from_millis(100);

/// Rounds without such a sync after that: some five seconds.
const ALONE_ROUNDS: u32 = 25;

/// What is to be synced next, and how.
#[derive(Debug, Default)]
pub(super) struct Syncing {
    alone: u32,
}

impl Syncing {
    /// Makes a round's files durable. Returns how many syncs that took, and how it went, file by file.
    ///
    /// A failed sync of the filesystem says nothing about whose bytes were lost: each file is then asked itself, and tells
    /// its own failures, of which none was told through it before.
    pub(super) fn sync(&mut self, files: &[&dyn PortFile]) -> (u64, Vec<io::Result<()>>) {
        static TELLS: LazyLock<bool> = LazyLock::new(|| {
            std::fs::read_to_string("/proc/sys/kernel/osrelease").is_ok_and(|release| tells_of_losses(&release))
        });
        if !*TELLS {
            self.alone = ALONE_ROUNDS;
        }
        self.sync_by(files, |file| file.sync_filesystem())
    }

    fn sync_by(
        &mut self,
        files: &[&dyn PortFile],
        whole: impl FnOnce(&dyn PortFile) -> io::Result<()>,
    ) -> (u64, Vec<io::Result<()>>) {
        let mut syncs = 0;
        if let [first, ..] = files
            && files.len() >= WHOLE_FROM
            && self.alone == 0
        {
            let begun = Instant::now();
            let synced = whole(*first);
            syncs += 1;
            if begun.elapsed() > WHOLE_TIME_MAX {
                self.alone = ALONE_ROUNDS;
            }
            match synced {
                Ok(()) => return (syncs, files.iter().map(|_| Ok(())).collect()),
                Err(error) => tracing::warn!(%error, "the filesystem of footage did not sync; its files are asked one by one"),
            }
        }
        self.alone = self.alone.saturating_sub(1);
        (syncs + files.len() as u64, files.iter().map(|file| file.sync()).collect())
    }
}

/// Before Linux 5.8 a sync of the filesystem does not tell of lost bytes.
fn tells_of_losses(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (5, 8)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use super::*;

    fn files(count: usize) -> Vec<File> {
        (0..count)
            .map(|_| {
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(b"x").unwrap();
                file
            })
            .collect()
    }

    fn ports<'a>(files: impl IntoIterator<Item = &'a File>) -> Vec<&'a dyn PortFile> {
        files.into_iter().map(|file| file as &dyn PortFile).collect()
    }

    #[test]
    fn a_few_files_are_synced_by_themselves_and_many_at_once() {
        for (count, syncs) in [(0, 0), (1, 1), (WHOLE_FROM - 1, 3), (WHOLE_FROM, 1), (30, 1)] {
            let files = files(count);
            let files = ports(&files);
            let (made, outcomes) = Syncing::default().sync_by(&files, |_| Ok(()));
            assert_eq!((made, outcomes.len()), (syncs, count));
            assert!(outcomes.iter().all(Result::is_ok));
            let (_, outcomes) = Syncing::default().sync(&files);
            assert!(outcomes.iter().all(Result::is_ok));
        }
    }

    #[test]
    fn where_the_filesystem_fails_each_file_answers_for_itself() {
        let (good, unsyncable) = (files(4), File::open("/proc/self/stat").unwrap());
        let files = ports(good.iter().chain([&unsyncable]));
        let (syncs, outcomes) = Syncing::default().sync_by(&files, |_| Err(io::Error::other("lost")));
        assert_eq!(syncs, 6);
        assert!(outcomes[..4].iter().all(Result::is_ok) && outcomes[4].is_err());
    }

    #[test]
    fn after_a_slow_one_files_are_synced_by_themselves_for_a_while() {
        let files = files(5);
        let files = ports(&files);
        let mut syncing = Syncing::default();
        let slow = |_: &dyn PortFile| {
            let (_keep, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(WHOLE_TIME_MAX + Duration::from_millis(10));
            Ok(())
        };
        assert_eq!(syncing.sync_by(&files, slow).0, 1);
        for round in 0..ALONE_ROUNDS {
            assert_eq!(syncing.sync_by(&files, |_| Ok(())).0, 5, "round {round}");
        }
        assert_eq!(syncing.sync_by(&files, |_| Ok(())).0, 1);
    }

    #[test]
    fn old_kernels_are_known() {
        for (release, tells) in [
            ("6.1.0-18-amd64\n", true),
            ("5.8.0", true),
            ("5.10.1-microsoft", true),
            ("5.4.0", false),
            ("4.19", false),
            ("", false),
        ] {
            assert_eq!(tells_of_losses(release), tells, "{release}");
        }
    }
}
