use std::time::Duration;

use domain::TimeRange;

use super::*;
use crate::MarkKind::{Doorbell, Motion};

fn t(second: u64) -> Timestamp {
    Timestamp::default() + Duration::from_secs(second)
}

fn range(from: u64, to: u64) -> TimeRange {
    TimeRange::new(t(from), t(to)).unwrap()
}

#[tokio::test]
async fn an_event_is_found_in_the_range_that_it_touches_and_leaves_with_its_footage() {
    let rig = Rig::new().await;
    let (camera, other) = (CameraId::random(), CameraId::random());
    let seen = async |from, to| {
        let marks = rig.store.marks(camera, range(from, to)).await.unwrap();
        marks.into_iter().map(|mark| (mark.kind, mark.from, mark.to)).collect::<Vec<_>>()
    };
    rig.store.begin_mark(camera, Motion, t(10)).await.unwrap();
    rig.store.begin_mark(other, Motion, t(11)).await.unwrap();
    assert_eq!(seen(100, 200).await, [(Motion, t(10), None)], "it goes on");
    rig.store.begin_mark(camera, Doorbell, t(15)).await.unwrap();
    rig.store.end_marks(camera, Some(Doorbell), t(15)).await.unwrap();
    rig.store.end_marks(camera, None, t(20)).await.unwrap();
    let both = [(Motion, t(10), Some(t(20))), (Doorbell, t(15), Some(t(15)))];
    assert_eq!(seen(0, 100).await, both);
    assert_eq!((seen(0, 10).await, seen(21, 100).await), (vec![], vec![]));

    rig.store.not_kept_until(camera, t(0), t(18)).await.unwrap();
    assert_eq!(seen(0, 100).await, both[..1], "what ended before has left");
    rig.store.remove_segments_of(camera).await.unwrap();
    assert_eq!(seen(0, 100).await, []);
    assert_eq!(rig.store.marks(other, range(0, 100)).await.unwrap().len(), 1, "another camera's stay");
}
