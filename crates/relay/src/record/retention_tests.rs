use domain::{Clock, HomeId, Origin, SegmentId, StreamName};
use media::record::MediaKeyId;
use policy::act::EditCamera;
use tempfile::TempDir;
use testkit::ManualClock;

use super::*;
use crate::record::disk::Disk;
use crate::record::test_shared::shared;

/// Bytes of each segment here.
const BYTES: u64 = 1000;

struct Rig {
    retention: Retention,
    clock: ManualClock,
    _folder: TempDir,
}

impl Rig {
    /// Storages of so many bytes; the server keeps footage for so many days.
    async fn start(quotas: &[u64], keep_days: Option<u64>) -> (Self, HomeId) {
        let quotas: Vec<_> = quotas.iter().copied().map(Some).collect();
        let (shared, home, clock, folder) = shared(&quotas, |_| Disk::start()).await;
        clock.advance(Duration::from_secs(100 * 86_400));
        let retention = Retention { shared, keep: keep_days.map(|days| Duration::from_secs(days * 86_400)) };
        (Self { retention, clock, _folder: folder }, home)
    }

    /// A segment that began so many minutes ago.
    async fn segment(&self, camera: CameraId, class: FootageClass, minutes_ago: u64) -> SegmentId {
        let (shared, id) = (&self.retention.shared, SegmentId::random());
        let start = self.clock.now() - Duration::from_secs(60 * minutes_ago);
        let row = SegmentRow {
            id,
            camera,
            stream: StreamName::Main,
            key: MediaKeyId::from_bytes([3; 16]),
            start,
            end: start + Duration::from_secs(60),
            bytes: BYTES,
            has_audio: false,
            clean: true,
            storage: None,
            class,
            origin: Origin::Live,
            previous: None,
            tail: None,
        };
        let path = shared.storages.segment_path(None, camera, id).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, vec![7; BYTES as usize]).unwrap();
        shared.store.add_segment(row).await.unwrap();
        id
    }

    /// The storage by number of each of these segments; `None` for one that is gone, file and row.
    async fn places(&self, ids: &[SegmentId]) -> Vec<Option<usize>> {
        let shared = &self.retention.shared;
        let mut places = Vec::new();
        for id in ids {
            let row = shared.store.segment(*id).await.unwrap();
            let files = shared.storages.all().iter().map(|storage| storage.folder().to_owned());
            let there: Vec<usize> = files
                .enumerate()
                .filter(|(_, folder)| {
                    std::fs::read_dir(folder).unwrap().flatten().any(|camera| camera.path().join(format!("{id}.seg")).exists())
                })
                .map(|(n, _)| n)
                .collect();
            let named = row.map(|row| shared.storages.all().iter().position(|storage| storage.id() == row.storage).unwrap());
            assert_eq!(there, Vec::from_iter(named), "file and row");
            places.push(named);
        }
        places
    }
}

#[tokio::test]
async fn for_room_the_oldest_goes_first_and_events_after_all_else() {
    let (rig, _) = Rig::start(&[3 * BYTES], None).await;
    let (a, b) = (CameraId::random(), CameraId::random());
    let ids = [
        rig.segment(a, FootageClass::Event, 60).await,
        rig.segment(a, FootageClass::Continuous, 50).await,
        rig.segment(b, FootageClass::Continuous, 40).await,
        rig.segment(a, FootageClass::Continuous, 30).await,
        rig.segment(b, FootageClass::Event, 20).await,
    ];
    rig.retention.apply().await.unwrap();
    assert_eq!(rig.places(&ids).await, [Some(0), None, None, Some(0), Some(0)]);
    let more = [rig.segment(a, FootageClass::Event, 10).await, rig.segment(a, FootageClass::Event, 5).await];
    rig.retention.apply().await.unwrap();
    assert_eq!(rig.places(&ids).await, [None, None, None, None, Some(0)]);
    assert_eq!(rig.places(&more).await, [Some(0), Some(0)]);
}

#[tokio::test]
async fn what_no_longer_fits_moves_on_and_only_the_last_storage_deletes() {
    let (rig, _) = Rig::start(&[2 * BYTES, 2 * BYTES, BYTES], None).await;
    let camera = CameraId::random();
    let mut ids = Vec::new();
    for (count, expected) in [
        (2, vec![Some(0), Some(0)]),
        (2, vec![Some(1), Some(1), Some(0), Some(0)]),
        (2, vec![None, Some(2), Some(1), Some(1), Some(0), Some(0)]),
    ] {
        for _ in 0..count {
            rig.clock.advance(Duration::from_secs(60));
            ids.push(rig.segment(camera, FootageClass::Continuous, 0).await);
        }
        rig.retention.apply().await.unwrap();
        assert_eq!(rig.places(&ids).await, expected);
    }
    // Where the next one is not there, what is oldest here gives way; what lies there is left alone.
    let storages = rig.retention.shared.storages.clone();
    for storage in &storages.all()[1..] {
        storage.found(Health::Missing, &rig.clock.clone());
    }
    ids.push(rig.segment(camera, FootageClass::Continuous, 0).await);
    rig.retention.apply().await.unwrap();
    for storage in &storages.all()[1..] {
        storage.found(Health::Ok, &rig.clock.clone());
    }
    assert_eq!(rig.places(&ids).await, [None, Some(2), Some(1), Some(1), None, Some(0), Some(0)]);
}

#[tokio::test]
async fn a_camera_keeps_each_class_for_days_and_bytes_of_its_own() {
    let (rig, home) = Rig::start(&[100 * BYTES], Some(30)).await;
    let days = |days: u64| days * 24 * 60;
    let shared = &rig.retention.shared;
    let (mine, other) = (camera(shared, home).await, CameraId::random());
    let limits = [(FootageClass::Continuous, Some(2)), (FootageClass::Event, Some(60))];
    let limits = limits.map(|(class, days)| (class, Keep { days, bytes: None }));
    shared.store.set_keeps(&permit::<EditCamera>(mine, home), &limits).await.unwrap();
    let ids = [
        rig.segment(mine, FootageClass::Continuous, days(3)).await,
        rig.segment(mine, FootageClass::Continuous, days(1)).await,
        rig.segment(mine, FootageClass::Event, days(20)).await,
        // The server's own limit holds for all.
        rig.segment(mine, FootageClass::Event, days(40)).await,
        rig.segment(other, FootageClass::Continuous, days(3)).await,
        rig.segment(other, FootageClass::Continuous, days(31)).await,
    ];
    rig.retention.apply().await.unwrap();
    assert_eq!(rig.places(&ids).await, [None, Some(0), Some(0), None, Some(0), None]);
}

async fn camera(shared: &Shared, home: HomeId) -> CameraId {
    let draft = store::CameraDraft { access: store::CameraAccess::default(), audio: domain::AudioMode::Off, recording: true };
    shared.store.add_camera(&permit(home, home), draft).await.unwrap().id
}

/// A permit of the home's owner.
fn permit<A: policy::Act>(object: A::Object, home: HomeId) -> Permit<A> {
    use policy::{Ask, ConsentSet, Facts, HomeFacts, Principal, SessionFacts, SubjectFacts};
    let subject = domain::SubjectId::random();
    let session = Some(SessionFacts { subject, expires: Timestamp::from_micros(i64::MAX) });
    let home = Some(HomeFacts { home, role: Some(domain::Role::Owner), agreed: true, consents: ConsentSet::NONE });
    let facts = Facts { revision: 0, session, subject: Some(SubjectFacts::settled(subject)), home, region_ok: true, key: None };
    let principal = Principal::Session(domain::SessionId::random());
    policy::decide(&Ask { principal, object, at: Timestamp::from_micros(0) }, &facts).unwrap()
}
