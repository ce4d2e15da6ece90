use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// A writer whose rounds tell their size and then wait to be let go.
fn held() -> (Disk, Receiver<usize>, Sender<()>) {
    let ((size, sizes), (go, gate)) = (channel(), channel());
    let gate = Mutex::new(gate);
    let disk = Disk::on(Arc::new(Local), move |commands| {
        size.send(commands).unwrap();
        gate.lock().unwrap().recv().unwrap();
    });
    (disk, sizes, go)
}

async fn done(mut answer: Answer) -> io::Result<()> {
    outcome(&mut answer).await
}

#[tokio::test]
async fn what_was_appended_is_there_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::start();
    let (id, path) = (SegmentId::random(), folder.path().join("camera/a.seg"));
    done(disk.create(id, path.clone(), b"one ".to_vec(), None)).await.unwrap();
    done(disk.append(id, b"two ".to_vec())).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"one two ");
    done(disk.close(id, b"three".to_vec())).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"one two three");
}

#[tokio::test]
async fn a_file_is_never_written_again_after_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::start();
    let (id, path) = (SegmentId::random(), folder.path().join("a.seg"));
    done(disk.create(id, path.clone(), b"x".to_vec(), None)).await.unwrap();
    assert!(done(disk.create(id, path.clone(), b"y".to_vec(), None)).await.is_err(), "it exists already");
    assert!(done(disk.append(id, b"z".to_vec())).await.is_err(), "given up");
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_one_round() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, sizes, go) = held();
    let ids: Vec<_> = (0..40).map(|_| SegmentId::random()).collect();
    let first = disk.create(ids[0], folder.path().join("0"), b"header".to_vec(), None);
    assert_eq!(sizes.recv().unwrap(), 1);
    // The first round runs; everything that comes now waits, and is the second.
    let rest = ids.iter().enumerate().skip(1);
    let created: Vec<_> =
        rest.map(|(n, id)| disk.create(*id, folder.path().join(n.to_string()), b"header".to_vec(), None)).collect();
    let appended: Vec<_> = ids.iter().map(|id| disk.append(*id, b" record".to_vec())).collect();
    let mut last = disk.close(ids[0], b" trailer".to_vec());
    assert!(try_outcome(&mut last).is_none());
    go.send(()).unwrap();
    done(first).await.unwrap();
    assert_eq!(sizes.recv().unwrap(), 39 + 40 + 1);
    go.send(()).unwrap();
    for answer in created.into_iter().chain(appended) {
        done(answer).await.unwrap();
    }
    done(last).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("0")).unwrap(), b"header record trailer");
    assert!(sizes.try_recv().is_err(), "nothing is done without a command");
}

#[tokio::test(start_paused = true)]
async fn what_many_files_get_within_a_moment_is_one_round_and_what_few_get_is_not_waited_for() {
    for (count, rounds) in [(WHOLE_FROM, vec![2]), (WHOLE_FROM - 1, vec![1, 1])] {
        let folder = tempfile::tempdir().unwrap();
        let (size, sizes) = channel();
        let disk = Disk::with(Arc::new(Local), GATHER, move |commands| size.send(commands).unwrap());
        let ids: Vec<_> = (0..count).map(|_| SegmentId::random()).collect();
        for id in &ids {
            done(disk.create(*id, folder.path().join(id.to_string()), vec![], None)).await.unwrap();
        }
        while sizes.try_recv().is_ok() {}
        let first = disk.append(ids[0], b"x".to_vec());
        tokio::time::sleep(GATHER / 2).await;
        let second = disk.append(ids[1], b"x".to_vec());
        done(first).await.unwrap();
        done(second).await.unwrap();
        assert_eq!(sizes.try_iter().collect::<Vec<_>>(), rounds, "{count} files");
    }
}

#[tokio::test]
async fn a_round_that_fails_costs_its_files_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::on(Arc::new(Local), |commands| assert!(commands < 2));
    let [a, b, c] = [(); 3].map(|()| SegmentId::random());
    done(disk.create(a, folder.path().join("a"), b"a".to_vec(), None)).await.unwrap();
    // Sent without an await between them: one round.
    let [second, third] = [disk.append(a, b"a".to_vec()), disk.create(b, folder.path().join("b"), vec![], None)];
    assert!(done(second).await.is_err() && done(third).await.is_err());
    assert!(done(disk.append(a, b"a".to_vec())).await.is_err(), "given up");
    done(disk.create(c, folder.path().join("c"), b"c".to_vec(), None)).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("c")).unwrap(), b"c");
}

#[test]
fn a_round_syncs_each_file_once_and_an_untouched_one_never() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Files::new(Arc::new(Local));
    let (a, b) = (SegmentId::random(), SegmentId::random());
    let command = |file, work| Command { file, work, since: Instant::now(), done: oneshot::channel().0 };
    let append = |file| command(file, Work::Append { bytes: b"x".to_vec() });
    let create = |file, name| command(file, Work::Create { path: folder.path().join(name), bytes: b"x".to_vec(), after: None });
    assert_eq!(files.round(vec![create(a, "a"), create(b, "b"), append(a), append(b), append(a)]), 3, "their folder too");
    assert_eq!(files.round(vec![append(b), append(b)]), 1);
    assert_eq!(files.round(vec![append(a), command(a, Work::Close { bytes: vec![] })]), 1);
    assert_eq!((files.open.len(), files.round(vec![append(a)])), (1, 0));
}

#[test]
fn what_begins_behind_a_file_of_the_same_round_is_written_once_that_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Files::new(Arc::new(Local));
    let [a, b, c, d] = [(); 4].map(|()| SegmentId::random());
    let command = |file, work| Command { file, work, since: Instant::now(), done: oneshot::channel().0 };
    let append = |file| command(file, Work::Append { bytes: b"x".to_vec() });
    let create = |file, name, after| command(file, Work::Create { path: folder.path().join(name), bytes: b"x".to_vec(), after });
    files.round(vec![create(a, "a", None)]);
    // `a` and `d` with their folder, then `b`, then `c`.
    let chain = vec![append(a), create(b, "b", Some(a)), append(b), create(c, "c", Some(b)), create(d, "d", None), append(c)];
    assert_eq!(files.round(chain), 3 + 2 + 2);
    assert_eq!(std::fs::read(folder.path().join("c")).unwrap(), b"xx");
    // Behind what is durable already nothing waits.
    assert_eq!(files.round(vec![append(a), create(SegmentId::random(), "e", Some(d))]), 3);
}
