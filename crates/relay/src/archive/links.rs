//! The chain from file to file (docs/segment-format.md): does each follow what it says, and is that still there?

use std::collections::HashMap;

use domain::{CameraId, Origin, SegmentId, StreamName, TimeRange, Timestamp};
use media::record::{Cause, Ending, Gap, Previous, TAG_LEN};

use super::finding::Finding;

/// What is left of a file once it was looked at: what its neighbours ask of it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) segment: SegmentId,
    pub(super) stream: StreamName,
    pub(super) origin: Origin,
    pub(super) previous: Option<Previous>,
    pub(super) tail: Option<[u8; TAG_LEN]>,
    pub(super) ending: Ending,
    /// Whether something was found in it already: that its end is not as the next one says is then no news.
    pub(super) faulty: bool,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// What a link that does not meet its end needs to be judged.
pub(super) struct Known<'a> {
    /// Times whose footage retention took.
    pub(super) gaps: &'a [Gap],
    /// Whether a segment has a row; one without a file is told by itself.
    pub(super) has_row: &'a dyn Fn(SegmentId) -> bool,
    /// The tags of all records of a file.
    pub(super) tags: &'a dyn Fn(SegmentId) -> Vec<[u8; TAG_LEN]>,
}

/// Follows every link of a camera's files.
pub(super) fn follow(camera: CameraId, links: &[Link], known: &Known<'_>) -> Vec<Finding> {
    let by_id: HashMap<SegmentId, &Link> = links.iter().map(|link| (link.segment, link)).collect();
    let mut chains: HashMap<(StreamName, Origin), Vec<&Link>> = HashMap::new();
    for link in links {
        chains.entry((link.stream, link.origin)).or_default().push(link);
    }
    let mut findings = Vec::new();
    for chain in chains.values_mut() {
        chain.sort_unstable_by_key(|link| (link.start, link.segment));
        let mut before: Option<&Link> = None;
        for &link in chain.iter() {
            if let Some(previous) = link.previous {
                let finding = match by_id.get(&previous.segment) {
                    Some(&followed) => ends_as_said(followed, link, &previous, known),
                    None if (known.has_row)(previous.segment) => None,
                    None => missing(before, link, &previous, known),
                };
                findings.extend(finding.map(|(segment, finding)| finding.of(camera, segment)));
            }
            before = Some(link);
        }
    }
    findings
}

fn ends_as_said(followed: &Link, link: &Link, previous: &Previous, known: &Known<'_>) -> Option<(SegmentId, Finding)> {
    if followed.faulty || followed.tail == Some(previous.tail) {
        return None;
    }
    let within = (known.tags)(followed.segment).contains(&previous.tail);
    match followed.ending {
        // Records whose writing had failed as far as the recorder knew, and which are there all the same.
        Ending::Open | Ending::Torn if within => None,
        Ending::Open | Ending::Torn => {
            let what = format!(
                "cut at the end: segment {} was written after more of it than is left. A power cut as that began does this, and so does \
                 whoever cuts a file",
                link.segment
            );
            Some((followed.segment, Finding::new("chain.cut", what).at(Some(followed.end))))
        }
        Ending::Closed => {
            let what =
                format!("it follows segment {}, which is not the one that was there when this was written", followed.segment);
            Some((link.segment, Finding::new("chain.broken", what).at(Some(link.start))))
        }
    }
}

/// The followed file is neither there nor in the index. Retention takes the oldest, and notes what it took.
fn missing(before: Option<&Link>, link: &Link, previous: &Previous, known: &Known<'_>) -> Option<(SegmentId, Finding)> {
    let before = before?;
    let hole = TimeRange::new(before.end, link.start);
    let taken = |gap: &Gap| gap.cause == Cause::NotKept && hole.is_some_and(|hole| gap.range.overlaps(hole));
    if known.gaps.iter().any(taken) {
        return None;
    }
    let what = format!(
        "segment {} came before it and is gone: footage between {} and {} was taken away",
        previous.segment, before.end, link.start
    );
    Some((link.segment, Finding::new("chain.missing", what).at(Some(link.start))))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CAMERA: CameraId = CameraId::from_bytes([9; 16]);

    fn id(n: u8) -> SegmentId {
        SegmentId::from_bytes([n; 16])
    }

    /// Segment `n` of a chain, a minute long; it ends with the tag `[n; 16]`.
    fn link(n: u8) -> Link {
        let start = Timestamp::from_micros(i64::from(n) * 60_000_000);
        Link {
            segment: id(n),
            stream: StreamName::Main,
            origin: Origin::Live,
            previous: n.checked_sub(1).filter(|n| *n > 0).map(|n| Previous { segment: id(n), tail: [n; 16] }),
            tail: Some([n; 16]),
            ending: Ending::Closed,
            faulty: false,
            start,
            end: start + Duration::from_secs(60),
        }
    }

    /// What is found where the second file has two records, tagged 20 and 2.
    fn found(links: &[Link], gaps: &[Gap], rows: &[u8]) -> Vec<(&'static str, SegmentId)> {
        let tags = |of: SegmentId| if of == id(2) { vec![[20; 16], [2; 16]] } else { vec![[of.to_bytes()[0]; 16]] };
        let known = Known { gaps, has_row: &|of| rows.iter().any(|n| id(*n) == of), tags: &tags };
        follow(CAMERA, links, &known).into_iter().filter_map(|finding| Some((finding.code, finding.segment?))).collect()
    }

    #[test]
    fn a_link_is_judged_by_how_the_file_ends_that_it_follows() {
        let chain = [link(1), link(2), link(3)];
        assert_eq!(found(&chain, &[], &[]), []);
        let with = |tail: u8, ending, faulty| {
            let third = Link { previous: Some(Previous { segment: id(2), tail: [tail; 16] }), ..link(3) };
            found(&[link(1), Link { ending, faulty, ..link(2) }, third], &[], &[])
        };
        // More is there than the third vouches for: its writing had failed as far as the recorder knew.
        assert_eq!(with(20, Ending::Open, false), []);
        assert_eq!(with(20, Ending::Torn, false), []);
        assert_eq!(with(77, Ending::Open, false), [("chain.cut", id(2))]);
        assert_eq!(with(77, Ending::Torn, false), [("chain.cut", id(2))]);
        // Nobody adds to a closed file, and nobody closes one that was given up.
        assert_eq!(with(20, Ending::Closed, false), [("chain.broken", id(3))]);
        assert_eq!(with(77, Ending::Closed, false), [("chain.broken", id(3))]);
        assert_eq!(with(77, Ending::Closed, true), [], "it was said already");
    }

    #[test]
    fn a_missing_file_is_told_unless_a_row_or_retention_tells_it() {
        let hole = [link(1), link(3)];
        assert_eq!(found(&hole, &[], &[]), [("chain.missing", id(3))]);
        assert_eq!(found(&hole, &[], &[2]), []);
        let gap = |from: u8, to: u8, cause| Gap { range: TimeRange::new(link(from).start, link(to).start).unwrap(), cause };
        assert_eq!(found(&hole, &[gap(0, 3, Cause::NotKept)], &[]), []);
        assert_eq!(found(&hole, &[gap(0, 3, Cause::Offline), gap(0, 2, Cause::NotKept)], &[]), [("chain.missing", id(3))]);
        assert_eq!(found(&[link(3)], &[], &[]), [], "the oldest");
        // Of another chain, and so no reason to miss anything.
        let other = Link { origin: Origin::Backfill, segment: id(7), previous: None, ..link(1) };
        assert_eq!(found(&[other, link(3)], &[], &[]), []);
    }
}
