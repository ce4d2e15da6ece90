//! What the process holds of the machine's memory: it gives back what it no longer uses (docs/performance.md).
//!
//! Media comes and goes in blocks of all sizes, and by itself the allocator keeps for good what its busiest moment needed.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often unused memory is given back. Looking for it takes a fraction of a millisecond, and starting is over by the first time.
const GIVE_BACK_INTERVAL: Duration = Duration::from_secs(10);

/// Heaps of the C library's allocator. Its own choice is eight a processor, each of which keeps what its busiest moment needed.
#[cfg(target_env = "gnu")]
const HEAPS_MAX: i32 = 2;

/// To be called before the first thread.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the C library has no safe way to be asked"))]
pub(crate) fn few_heaps() {
    // SAFETY: it takes numbers, and no other thread allocates yet.
    #[cfg(target_env = "gnu")]
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, HEAPS_MAX) };
}

/// Gives back what starting took, and again and again what is free.
pub(crate) async fn give_back(stop: CancellationToken) {
    let mut turns = tokio::time::interval(GIVE_BACK_INTERVAL);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    turns.tick().await;
    let mut work: fn() = after_start;
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        let _ = tokio::task::spawn_blocking(work).await;
        work = trim;
    }
}

fn after_start() {
    unmap_program();
    trim();
}

/// Gives whole pages that are free back to the system; by itself the allocator does that at a heap's end alone.
#[cfg_attr(target_env = "gnu", expect(unsafe_code, reason = "the C library has no safe way to be asked"))]
fn trim() {
    // SAFETY: any thread may do so at any time.
    #[cfg(target_env = "gnu")]
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Starting runs through most of the program once, and each page that it touches maps those around it. From here on only what is
/// used is mapped; all of it stays in the page cache.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the system lets go of memory behind the compiler's back")]
fn unmap_program() {
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    for (address, length) in unchanged(&maps) {
        let start = std::ptr::with_exposed_provenance_mut(address);
        // SAFETY: what is let go of is read again from its file when it is next used, and none of it differs from that: it may not
        // be written to, and the system says that it has no page of its own.
        let done = unsafe { rustix::mm::madvise(start, length, rustix::mm::Advice::LinuxDontNeed) };
        if let Err(error) = done {
            tracing::debug!(%error, "the program stays mapped");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn unmap_program() {}

/// Where the program and its libraries are mapped as they are in their files, address and length (proc_pid_smaps(5)). Parts that the
/// loader changed have pages of their own.
#[cfg(target_os = "linux")]
fn unchanged(maps: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut part = None;
    for line in maps.lines() {
        if let Some(("Anonymous:", size)) = line.split_once(char::is_whitespace) {
            found.extend(part.take().filter(|_| size.trim() == "0 kB"));
        } else if let Some(range) = file_part(line) {
            part = Some(range);
        }
    }
    found
}

/// The first line of a mapping; `None` for any other line, and where it is not a file's or may be written to.
#[cfg(target_os = "linux")]
fn file_part(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let (from, to) = (usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?);
    let is_part = matches!(fields.next()?, "r-xp" | "r--p") && fields.nth(3)?.starts_with('/');
    is_part.then_some((from, to.checked_sub(from)?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MAPS: &str = "\
55d0c0000000-55d0c0100000 r--p 00000000 fe:00 1 /usr/bin/atipcam
Rss:                 100 kB
Anonymous:             0 kB
55d0c0100000-55d0c1900000 r-xp 00100000 fe:00 1 /usr/bin/atipcam
Rss:               22000 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
55d0c1900000-55d0c1a00000 r--p 01900000 fe:00 1 /usr/bin/atipcam
Anonymous:           760 kB
7f0000000000-7f0000010000 r-xp 00000000 fe:00 2 /usr/lib/patched.so
Anonymous:             4 kB
7f0000010000-7f0000020000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f0000020000-7f0000030000 r--s 00000000 fe:00 3 /data/index.db-shm
Anonymous:             0 kB
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
";

    #[test]
    fn only_what_is_as_in_its_file_is_let_go_of() {
        assert_eq!(unchanged(MAPS), [(0x55d0_c000_0000, 0x10_0000), (0x55d0_c010_0000, 0x180_0000)]);
        assert_eq!(unchanged("no such thing\n-\nAnonymous: 0 kB\n"), []);
    }

    #[test]
    fn a_program_runs_on_without_its_pages_and_has_fewer() {
        let resident = || {
            let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let mut part = false;
            let sizes = maps.lines().filter_map(|line| {
                let (first, rest) = line.split_once(char::is_whitespace)?;
                if first.contains('-') {
                    part = file_part(line).is_some();
                }
                (part && first == "Rss:").then(|| rest.trim().trim_end_matches(" kB").parse::<u64>().unwrap())
            });
            sizes.sum::<u64>()
        };
        let before = resident();
        unmap_program();
        let after = resident();
        assert!(after < before, "{before} kB of the program, {after} after letting go");
    }
}
