//! Every bound that is not local to one function, with its reason.

use std::time::Duration;

/// Cameras of one server. 100 main streams of 4 Mbit/s fill a gigabit line's useful half.
pub const CAMERAS_MAX: usize = 256;

/// Bytes of access units that a live ring keeps. 10 s of 8 Mbit/s; a GOP longer than that has no instant start.
pub const RING_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Time that a live ring keeps beside the running GOP for a reader that has still to read it. A viewer further behind skips to the next
/// key frame anyway, and a recorder whose disk is slow has a queue of its own ([`RECORDER_PENDING_BYTES_MAX`]): more would only be memory.
pub const RING_TIME_MAX: Duration = Duration::from_secs(2);

/// One access unit. An 8K intra picture stays under it; anything larger is an attack or a broken camera.
pub const ACCESS_UNIT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// All parameter sets of a stream together. Real ones are under 1 KiB.
pub const PARAMETER_SETS_BYTES_MAX: usize = 16 * 1024;

/// Media time in one recorded fragment: more than comes between two looks of a recorder, so that each look is one.
pub const FRAGMENT_TIME_MAX: Duration = Duration::from_millis(500);

/// How often recorders take what is new to the disk, all at the same instants. With the breath before it, the moment in which a round
/// gathers, the sync that runs and the one that follows it, this is what a power cut may take: 0.02 s + 0.4 s + 0.005 s + two syncs,
/// which is at most 1 s on a disk whose rounds of syncs take up to 287 ms (docs/segment-format.md).
pub const RECORD_POLL: Duration = Duration::from_millis(400);

/// How often cameras are read while nobody watches: every second time just before the recorders look. What comes meanwhile waits in
/// the sockets' buffers, which a camera of 20 Mbit/s fills with 500 KB; Linux lets such a buffer grow to some megabytes.
pub const BREATH: Duration = Duration::from_millis(200);

/// How long before the recorders look they are read: as long as it takes to read a hundred cameras.
pub const BREATH_LEAD: Duration = Duration::from_millis(20);

/// Bytes that one camera's recorder has under way to the disk. 20 s of 4 Mbit/s: a disk that spins up or empties its cache
/// takes 5 to 10 s. Memory is used only while the disk is behind; beyond it the camera's ring overruns and the loss is told.
pub const RECORDER_PENDING_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Media time in one segment file: a minute keeps a camera-year at half a million files.
pub const SEGMENT_TIME_MAX: Duration = Duration::from_secs(60);

/// Bytes in one segment file, so that a runaway stream cannot make one that a phone cannot hold.
pub const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Longest range of one download: a day of 8 Mbit/s is 86 GB, and its index must fit in memory.
pub const DOWNLOAD_TIME_MAX: Duration = Duration::from_secs(24 * 3600);

/// Longest range of one timeline or playlist question.
pub const TIMELINE_TIME_MAX: Duration = Duration::from_secs(32 * 24 * 3600);

/// Longest range of one playlist: a day and a little, so that a day with a clock change fits.
pub const PLAYLIST_TIME_MAX: Duration = Duration::from_secs(26 * 3600);

/// A JSON request body. The largest real one, a camera with two URLs, is under 4 KiB.
pub const JSON_BODY_BYTES_MAX: usize = 64 * 1024;

/// An SDP offer. Chromium's with audio and video is about 6 KiB.
pub const SDP_BYTES_MAX: usize = 64 * 1024;

/// Running live views of one server; each holds a few hundred KiB.
pub const VIEWS_MAX: usize = 1000;

/// Running live views of one session: a wall of 64 tiles in several tabs.
pub const VIEWS_PER_SESSION_MAX: usize = 128;

/// How long a session lives without use.
pub const SESSION_IDLE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// A signed-in session's sub streams stay warm this long after the last person left.
pub const SUB_WARM_TIME: Duration = Duration::from_secs(5 * 60);

/// Time that shutdown may take before the process names who was late and leaves.
pub const SHUTDOWN_TIME_MAX: Duration = Duration::from_secs(5);
