//! The footage and its index, each from the other's loss.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, Clock as _, SegmentId, StorageId, TimeRange, Timestamp};
use policy::act::{RecordCamera, ViewRecorded};
use policy::{Act, Ask, FactsSource, Permit, Principal, decide};
use relay::{Archive, Depth, Finding, Rebuilt, Relay, Root, Said, Severity, Verified};
use store::{SegmentRow, Store};
use testkit::{Filed, ManualClock, Shape, Town};
use tokio::sync::Semaphore;

/// A town with cameras whose footage was made, and no server.
struct Rig {
    town: Town,
    store: Store,
    facts: Arc<dyn FactsSource>,
    cameras: Vec<CameraId>,
    begin: Timestamp,
}

impl Rig {
    async fn new(cameras: usize) -> Self {
        let town = Town::build().await.unwrap();
        let mut ids = Vec::new();
        for _ in 0..cameras {
            ids.push(town.add_camera().await.unwrap());
        }
        let (store, facts) = (town.store.clone(), town.control.facts());
        let begin = town.clock.now() - Duration::from_secs(6 * 3600);
        Self { town, store, facts, cameras: ids, begin }
    }

    async fn permit<A: Act<Object = CameraId>>(&self, camera: CameraId, principal: Principal) -> Permit<A> {
        let ask = Ask::<A> { principal, object: camera, at: self.town.clock.now() };
        decide(&ask, &self.facts.facts(principal, camera.into()).await.unwrap()).unwrap()
    }

    /// Files `count` tiny segments of each camera, in turn.
    async fn file(&self, count: usize) -> Vec<SegmentRow> {
        let mut rows = Vec::new();
        for &camera in &self.cameras {
            let permit = self.permit::<RecordCamera>(camera, Principal::System).await;
            rows.extend(Filed::new(&self.store, &permit, self.begin, Shape::TINY).unwrap().add(count).await.unwrap());
        }
        rows
    }

    fn archive(&self) -> Archive {
        Archive::new(self.store.clone(), Arc::clone(&self.facts), Arc::new(self.town.clock.clone()), Vec::new())
    }

    async fn rebuild(&self) -> Rebuilt {
        self.archive().rebuild(|_| ()).await.unwrap()
    }

    /// All that is found, without what is only worth knowing.
    async fn verify(&self, depth: Depth) -> (Verified, Vec<Finding>) {
        let mut findings = Vec::new();
        let heard = |said| {
            if let Said::Finding(finding) = said {
                findings.push(finding)
            }
        };
        let verified = self.archive().verify(depth, heard).await.unwrap();
        (verified, findings)
    }

    async fn lose_the_index(&mut self) {
        self.town.control.close().await;
        self.store.close().await.unwrap();
        for name in ["index.db", "index.db-wal", "index.db-shm"] {
            let _ = fs::remove_file(self.town.dir.path().join(name));
        }
        self.store = Store::open(self.town.dir.path(), Arc::new(self.town.clock.clone())).await.unwrap();
        self.facts = testkit::facts_of(&self.store);
    }

    async fn rows(&self) -> Vec<SegmentRow> {
        self.store.segments_behind(None, 1_000_000).await.unwrap()
    }

    fn path(&self, row: &SegmentRow) -> PathBuf {
        self.store.segment_path(row.camera, row.id)
    }
}

fn sorted(mut rows: Vec<SegmentRow>) -> Vec<SegmentRow> {
    rows.sort_unstable_by_key(|row| row.id);
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_segments_come_back_field_by_field_from_their_files_alone() {
    let mut rig = Rig::new(4).await;
    let mut rows = rig.file(249).await;
    for camera in rig.cameras.clone() {
        let permit = rig.permit::<RecordCamera>(camera, Principal::System).await;
        let begin = rig.begin + Duration::from_secs(3600);
        rows.push(Filed::new(&rig.store, &permit, begin, Shape::TINY).unwrap().add_open().await.unwrap());
    }
    assert_eq!(rows.len(), 1000);
    let rows = sorted(rows);
    assert_eq!(rig.rows().await, rows);
    rig.lose_the_index().await;
    assert_eq!(rig.rows().await, []);
    assert!(!rig.store.index_is_complete().await.unwrap());

    let rebuilt = rig.rebuild().await;
    assert_eq!(rig.rows().await, rows);
    assert!(rig.store.index_is_complete().await.unwrap());
    let (bytes, nothing) = (rows.iter().map(|row| row.bytes).sum(), Vec::new());
    assert_eq!((rebuilt.segments, rebuilt.bytes, rebuilt.unopened, &rebuilt.left_out), (1000, bytes, 0, &nothing));
    let (verified, findings) = rig.verify(Depth::Samples).await;
    assert_eq!((verified.faults, verified.notes, verified.files, verified.rows), (0, 4, 1000, 1000), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_takes_out_rows_without_files_and_mends_wrong_ones_and_touches_no_file() {
    let rig = Rig::new(1).await;
    let rows = rig.file(10).await;
    fs::remove_file(rig.path(&rows[3])).unwrap();
    rig.store
        .add_segment(SegmentRow { end: rows[5].end - Duration::from_millis(100), bytes: 1, ..rows[5].clone() })
        .await
        .unwrap();
    rig.store.remove_segment(rows[7].id).await.unwrap();
    let strange = rig.path(&rows[0]).with_file_name("notes.txt");
    fs::write(&strange, "x").unwrap();
    let empty = rig.path(&SegmentRow { id: SegmentId::random(), ..rows[0].clone() });
    fs::write(&empty, "ATIPSEG").unwrap();

    let rebuilt = rig.rebuild().await;
    let mut expected = rows.clone();
    expected.remove(3);
    assert_eq!(rig.rows().await, sorted(expected));
    assert_eq!((rebuilt.segments, rebuilt.rows_removed), (9, 1));
    assert_eq!(rebuilt.left_out.iter().map(|(path, _)| path).collect::<Vec<_>>(), [&empty]);
    assert!(strange.exists() && empty.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_storage_is_read_and_a_row_says_which() {
    let rig = Rig::new(1).await;
    let mut rows = rig.file(4).await;
    let (other, id) = (tempfile::tempdir().unwrap(), StorageId::random());
    let folder = other.path().join(rig.cameras[0].to_string());
    fs::create_dir(&folder).unwrap();
    fs::rename(rig.path(&rows[2]), folder.join(format!("{}.seg", rows[2].id))).unwrap();
    rows[2].storage = Some(id);
    let root = Root { storage: Some(id), dir: other.path().to_owned() };
    let archive = Archive::new(rig.store.clone(), Arc::clone(&rig.facts), Arc::new(rig.town.clock.clone()), vec![root]);
    archive.rebuild(|_| ()).await.unwrap();
    let rows = sorted(rows);
    assert_eq!(rig.rows().await, rows);
    assert_eq!(archive.verify(Depth::Samples, |_| ()).await.unwrap().faults, 0);
    // While that disk is away its rows are no lies.
    let (verified, findings) = rig.verify(Depth::Samples).await;
    assert_eq!((verified.faults, verified.notes, findings[0].code), (0, 1, "row.elsewhere"), "{findings:?}");
    rig.rebuild().await;
    assert_eq!(rig.rows().await, rows, "nor does a rebuild without it forget them");
}

/// A server that rebuilds step by step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_lately_plays_before_the_rebuild_is_over() {
    let mut rig = Rig::new(1).await;
    let rows = rig.file(200).await;
    rig.lose_the_index().await;
    let pace = Arc::new(Semaphore::new(0));
    let config = relay::Config {
        loopback_only: true,
        search_loopback: true,
        rebuild_pace: Some(Arc::clone(&pace)),
        ..relay::Config::default()
    };
    let clock: Arc<ManualClock> = Arc::new(rig.town.clock.clone());
    let relay = Relay::start(config, rig.store.clone(), Arc::clone(&rig.facts), clock).await.unwrap();
    until(|| relay.rebuilding().is_some_and(|progress| progress.files > 0)).await;
    let progress = relay.rebuilding().unwrap();
    assert!(progress.files < progress.of_files, "{progress:?}");

    let who = Principal::Session(rig.town.owner.session);
    let camera = rig.cameras[0];
    let play = async |row: &SegmentRow| {
        let range = TimeRange::new(row.start, row.end).unwrap();
        let playlist = relay.playlist(rig.permit::<ViewRecorded>(camera, who).await, range).await?;
        assert!(playlist.contains(&row.id.to_string()), "{playlist}");
        relay.playback_part(rig.permit::<ViewRecorded>(camera, who).await, row.id, 0, 1).await.map(|part| part.len())
    };
    assert!(play(&rows[199]).await.unwrap() > 0);
    assert_eq!(play(&rows[0]).await.unwrap_err().code(), "recording.none");
    assert!(!rig.store.index_is_complete().await.unwrap());

    pace.add_permits(1000);
    until(|| relay.rebuilding().is_none()).await;
    assert!(rig.store.index_is_complete().await.unwrap());
    assert!(play(&rows[0]).await.unwrap() > 0);
    assert_eq!(rig.rows().await, sorted(rows));
    relay.shutdown().await;
}

/// Looks until it is so, as somebody who looks at a page.
async fn until(so: impl Fn() -> bool) {
    let looks = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looks).await.unwrap();
}

/// One flip, swap or cut, and what is said of it.
struct Case {
    what: &'static str,
    /// Given six segments of four records; the third is the one that is harmed.
    harm: fn(&Harm<'_>),
    /// Code, and part of what it means, of each fault; all of the third segment unless a number says otherwise.
    says: &'static [(&'static str, &'static str)],
    quick: bool,
}

struct Harm<'a> {
    paths: &'a [PathBuf],
    /// Where the third file's records begin, and where the last one ends.
    at: &'a [u64],
    foreign: &'a Path,
}

impl Harm<'_> {
    fn flip(&self, at: u64) {
        let file = OpenOptions::new().read(true).write(true).open(&self.paths[2]).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[byte[0] ^ 1], at).unwrap();
    }

    fn len(&self) -> u64 {
        fs::metadata(&self.paths[2]).unwrap().len()
    }

    fn edit(&self, edit: impl FnOnce(&mut Vec<u8>, &dyn Fn(usize) -> std::ops::Range<usize>)) {
        let mut bytes = fs::read(&self.paths[2]).unwrap();
        let slot = |n: usize| usize::try_from(self.at[n]).unwrap()..usize::try_from(self.at[n + 1]).unwrap();
        edit(&mut bytes, &slot);
        fs::write(&self.paths[2], bytes).unwrap();
    }
}

const FOUR: Shape = Shape { records: 4, picture_bytes: 32 };

const CASES: &[Case] = &[
    Case { what: "nothing", harm: |_| (), says: &[], quick: true },
    Case { what: "header: magic", harm: |harm| harm.flip(0), says: &[("file.foreign", "first bytes were changed")], quick: true },
    Case {
        what: "header: id",
        harm: |harm| harm.flip(20),
        says: &[("file.misplaced", "swapped, renamed or changed")],
        quick: true,
    },
    Case {
        what: "header: camera",
        harm: |harm| harm.flip(40),
        says: &[("file.misplaced", "swapped, renamed or changed")],
        quick: true,
    },
    Case { what: "header: key", harm: |harm| harm.flip(60), says: &[("key.gone", "not in the keyring")], quick: true },
    Case { what: "header: previous", harm: |harm| harm.flip(70), says: &[("part.altered", "nothing in it opens")], quick: true },
    Case { what: "header: tail", harm: |harm| harm.flip(90), says: &[("part.altered", "nothing in it opens")], quick: true },
    Case {
        what: "record header",
        harm: |harm| harm.flip(harm.at[1] + 30),
        says: &[("part.altered", "header of record 1")],
        quick: true,
    },
    Case { what: "table", harm: |harm| harm.flip(harm.at[2] + 34), says: &[("part.altered", "table of record 2")], quick: true },
    Case {
        what: "samples",
        harm: |harm| harm.flip(harm.at[3] - 100),
        says: &[("part.altered", "samples of record 2")],
        quick: false,
    },
    Case { what: "trailer", harm: |harm| harm.flip(harm.at[4] + 60), says: &[("part.altered", "trailer")], quick: true },
    Case { what: "footer", harm: |harm| harm.flip(harm.len() - 10), says: &[("part.altered", "footer")], quick: true },
    Case {
        what: "records 1 and 2 swapped",
        harm: |harm| {
            harm.edit(|bytes, slot| {
                let (a, b) = (bytes[slot(1)].to_vec(), bytes[slot(2)].to_vec());
                bytes[slot(1)].copy_from_slice(&b);
                bytes[slot(2)].copy_from_slice(&a);
            });
        },
        says: &[("part.altered", "record 2 lies where record 1"), ("part.altered", "record 1 lies where record 2")],
        quick: true,
    },
    Case {
        what: "record 1 taken out",
        harm: |harm| harm.edit(|bytes, slot| drop(bytes.drain(slot(1)))),
        says: &[("part.altered", "record 2 lies where record 1 should")],
        quick: true,
    },
    Case {
        what: "cut at the end",
        harm: |harm| harm.edit(|bytes, slot| bytes.truncate(slot(2).end)),
        says: &[("file.cut", "cut at the end: it was closed in order")],
        quick: true,
    },
    Case {
        what: "file removed",
        harm: |harm| fs::remove_file(&harm.paths[2]).unwrap(),
        says: &[("row.no_file", "its file is gone")],
        quick: true,
    },
    Case {
        what: "another file in its place",
        harm: |harm| {
            fs::copy(&harm.paths[4], &harm.paths[2]).unwrap();
        },
        says: &[("file.misplaced", "it says that it is segment")],
        quick: true,
    },
    Case {
        what: "a file of nobody's",
        harm: |harm| fs::write(harm.foreign, [7; 300]).unwrap(),
        says: &[("file.foreign", "no segment of a known version")],
        quick: true,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_harm_is_told_by_name_and_an_intact_tree_gives_no_finding() {
    for Case { what, harm, says, quick } in CASES {
        let (rig, rows, at) = six().await;
        let paths: Vec<PathBuf> = rows.iter().map(|row| rig.path(row)).collect();
        let foreign = paths[0].with_file_name(format!("{}.seg", SegmentId::random()));
        harm(&Harm { paths: &paths, at: &at, foreign: &foreign });
        for depth in [Depth::Samples, Depth::Tables] {
            let (verified, findings) = rig.verify(depth).await;
            let expected: &[_] = if depth == Depth::Samples || *quick { says } else { &[] };
            assert_eq!(verified.faults, expected.len() as u64, "{what} {depth:?}: {findings:#?}");
            for (finding, (code, part)) in findings.iter().zip(expected) {
                assert_eq!(finding.code, *code, "{what} {depth:?}");
                assert!(finding.what.contains(part), "{what} {depth:?}: {}", finding.what);
                let about = if *what == "a file of nobody's" { None } else { Some(rows[2].id) };
                assert!(about.is_none() || finding.segment == about, "{what} {depth:?}: {finding:?}");
                assert!(!finding.advice.is_empty() && (about.is_none() || finding.at.is_some()), "{what}: {finding:?}");
            }
        }
    }
}

/// Six segments of four records, and where those of the third begin.
async fn six() -> (Rig, Vec<SegmentRow>, Vec<u64>) {
    let rig = Rig::new(1).await;
    let permit = rig.permit::<RecordCamera>(rig.cameras[0], Principal::System).await;
    let rows = Filed::new(&rig.store, &permit, rig.begin, FOUR).unwrap().add(6).await.unwrap();
    let scanned = media::record::SegmentScanner::walk(&fs::read(rig.path(&rows[2])).unwrap()).unwrap();
    let mut at: Vec<u64> = scanned.records().iter().map(|record| record.offset).collect();
    at.push(scanned.valid_len());
    (rig, rows, at)
}

/// The codes of all faults, and of which segment by its place.
async fn faults(rig: &Rig, rows: &[SegmentRow]) -> Vec<(&'static str, Option<usize>)> {
    let (_, findings) = rig.verify(Depth::Samples).await;
    let place = |finding: &Finding| rows.iter().position(|row| Some(row.id) == finding.segment);
    findings.iter().filter(|finding| finding.severity == Severity::Fault).map(|finding| (finding.code, place(finding))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_say_otherwise_than_the_files_are_told() {
    let (rig, rows, _) = six().await;
    rig.store.remove_segment(rows[2].id).await.unwrap();
    assert_eq!(faults(&rig, &rows).await, [("file.no_row", Some(2))]);
    let wrong = SegmentRow { start: rows[2].start - Duration::from_secs(1), tail: Some([1; 16]), ..rows[2].clone() };
    rig.store.add_segment(wrong).await.unwrap();
    let (_, findings) = rig.verify(Depth::Samples).await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].what.ends_with("start, tail"), "{}", findings[0].what);
    let gone = SegmentRow { id: SegmentId::random(), ..rows[2].clone() };
    rig.store.add_segment(gone.clone()).await.unwrap();
    rig.store.add_segment(rows[2].clone()).await.unwrap();
    let (_, findings) = rig.verify(Depth::Samples).await;
    assert_eq!(
        findings.iter().map(|finding| (finding.code, finding.segment)).collect::<Vec<_>>(),
        [("row.no_file", Some(gone.id))]
    );
    rig.rebuild().await;
    assert_eq!(faults(&rig, &rows).await, []);
    assert_eq!(rig.rows().await, sorted(rows));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_was_taken_out_with_its_row_is_missed_by_the_next_unless_retention_took_it() {
    let (rig, rows, _) = six().await;
    let take = async |n: usize| {
        fs::remove_file(rig.path(&rows[n])).unwrap();
        rig.store.remove_segment(rows[n].id).await.unwrap();
    };
    // The oldest go first: that is no fault.
    take(0).await;
    assert_eq!(faults(&rig, &rows).await, []);
    take(3).await;
    assert_eq!(faults(&rig, &rows).await, [("chain.missing", Some(4))]);
    rig.store.not_kept_until(rig.cameras[0], rows[0].start, rows[3].end).await.unwrap();
    assert_eq!(faults(&rig, &rows).await, []);
    // The newest has nobody who would miss it; the index does, while it has the row.
    fs::remove_file(rig.path(&rows[5])).unwrap();
    assert_eq!(faults(&rig, &rows).await, [("row.no_file", Some(5))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_a_crash_ended_is_no_fault_and_one_that_lost_its_end_was_cut_and_not_forged() {
    let rig = Rig::new(1).await;
    let permit = rig.permit::<RecordCamera>(rig.cameras[0], Principal::System).await;
    let mut filed = Filed::new(&rig.store, &permit, rig.begin, FOUR).unwrap();
    let mut rows = filed.add(1).await.unwrap();
    rows.push(filed.add_open().await.unwrap());
    filed.pause(Duration::from_secs(60));
    rows.extend(filed.add(1).await.unwrap());
    let (verified, findings) = rig.verify(Depth::Samples).await;
    assert_eq!((verified.faults, verified.notes, verified.links), (0, 1, 2));
    assert_eq!((findings[0].code, findings[0].segment), ("file.unclean", Some(rows[1].id)));

    // What a power cut leaves of a file that had just been rolled: the start adopts what is left, and the row says so.
    let path = rig.path(&rows[1]);
    let bytes = fs::read(&path).unwrap();
    let scanned = media::record::SegmentScanner::walk(&bytes).unwrap();
    let (kept, last) = (&scanned.records()[2], &scanned.records()[3]);
    fs::write(&path, &bytes[..last.offset as usize]).unwrap();
    let end = kept.header.wall + Duration::from_micros(kept.header.duration_us.into());
    let tail = bytes[last.offset as usize - 16..last.offset as usize].try_into().unwrap();
    let adopted = SegmentRow { end, tail: Some(tail), bytes: last.offset, ..rows[1].clone() };
    rig.store.add_segment(adopted).await.unwrap();
    assert_eq!(faults(&rig, &rows).await, [("chain.cut", Some(1))]);
    let (_, findings) = rig.verify(Depth::Tables).await;
    let cut = findings.iter().find(|finding| finding.code == "chain.cut").unwrap();
    assert_eq!(cut.at, Some(end));
    assert!(cut.what.starts_with("cut at the end") && cut.what.contains("power cut"), "{}", cut.what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_removed_camera_are_nobodys_and_no_fault() {
    let rig = Rig::new(1).await;
    let rows = rig.file(3).await;
    let who = Principal::Session(rig.town.owner.session);
    let permit = rig.permit::<policy::act::RemoveCamera>(rows[0].camera, who).await;
    rig.store.remove_camera(&permit).await.unwrap();
    let (verified, findings) = rig.verify(Depth::Samples).await;
    assert_eq!((verified.faults, verified.notes, verified.files), (0, 1, 3));
    assert_eq!(findings[0].code, "file.of_nobody");
    let rebuilt = rig.rebuild().await;
    assert_eq!((rebuilt.segments, rebuilt.of_nobody), (0, 3));
}
