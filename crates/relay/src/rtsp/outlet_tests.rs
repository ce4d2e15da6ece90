use media::rtsp::Batch;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::*;

const ROUTES: Routes = Routes { video: Some(Route::Interleaved(0)), audio: Some(Route::Interleaved(2)) };

/// Ten packets of 60 kB, each filled with one byte.
fn picture(fill: u8, key: bool) -> Item {
    let packet = vec![fill; 60_000];
    Item { batch: Batch::of_packets(Track::Video, std::iter::repeat_n(packet.as_slice(), 10)), key }
}

async fn pair() -> (Arc<OwnedWriteHalf>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    let (reader, writer) = near.unwrap().into_split();
    std::mem::forget(reader);
    (Arc::new(writer), far.unwrap().0)
}

/// The next frame: channel and packet.
async fn frame(far: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 4];
    far.read_exact(&mut head).await.unwrap();
    assert_eq!(head[0], b'$', "a frame begins here");
    let mut packet = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
    far.read_exact(&mut packet).await.unwrap();
    (head[1], packet)
}

#[tokio::test]
async fn a_slow_player_keeps_a_bounded_backlog_and_goes_on_at_a_key_picture() {
    let (near, mut far) = pair().await;
    let outlet = Outlet::new(Some(Arc::clone(&near)), None);
    outlet.begin(0, vec![Bytes::from_static(b"$\0\0\x01a")], &[picture(0, true)], ROUTES);
    // Nobody reads: whatever is offered returns at once, and memory has an end.
    for _ in 0..60 {
        outlet.offer(&[picture(1, false)], ROUTES);
    }
    assert!(outlet.state().bytes <= BACKLOG_BYTES_MAX + 2 * picture(1, false).batch.bytes(), "{}", outlet.state().bytes);
    outlet.offer(&[picture(2, true)], ROUTES);
    assert!(outlet.state().waits_for_key, "too much waits even for a key picture");

    let drained = Arc::clone(&outlet);
    let draining = tokio::spawn(async move {
        loop {
            drained.drain(Some(&near), &mut None).await.unwrap();
        }
    });
    assert_eq!(frame(&mut far).await, (0, vec![b'a']), "the answer comes first");
    let mut whole = 0;
    while outlet.waits() {
        let (_, packet) = frame(&mut far).await;
        assert!(packet[0] < 2 && packet.len() == 60_000);
        whole += 1;
    }
    outlet.offer(&[picture(3, false)], ROUTES);
    outlet.offer(&[picture(4, true)], ROUTES);
    outlet.offer(&[picture(5, false)], ROUTES);
    loop {
        match frame(&mut far).await.1[0] {
            0 | 1 => whole += 1,
            first => {
                assert_eq!(first, 4, "what hangs on a lost picture is left out");
                break;
            }
        }
    }
    assert_eq!(whole % 10, 0, "pictures that began are whole");
    draining.abort();
}

#[tokio::test]
async fn a_player_that_keeps_up_has_no_backlog_and_gets_its_own_channels() {
    let (near, mut far) = pair().await;
    let outlet = Outlet::new(Some(near), None);
    let small = |track, byte| Item { batch: Batch::of_packets(track, [[byte; 9].as_slice()]), key: false };
    let routes = Routes { video: Some(Route::Interleaved(6)), audio: None };
    outlet.begin(0, Vec::new(), &[], routes);
    outlet.offer(&[small(Track::Video, 1)], routes);
    assert!(!outlet.waits(), "without a key picture nothing decodes");
    let key = Item { key: true, ..small(Track::Video, 2) };
    outlet.offer(&[small(Track::Audio, 3), key, small(Track::Audio, 4), small(Track::Video, 5)], routes);
    assert!(!outlet.waits());
    assert_eq!(frame(&mut far).await, (6, vec![2; 9]));
    assert_eq!(frame(&mut far).await, (6, vec![5; 9]));
    outlet.end();
    outlet.offer(&[small(Track::Video, 6)], routes);
    assert!(!outlet.waits() && outlet.drain(None, &mut None).await.is_err());
}

/// A framed packet of one byte, which stands for an answer.
fn answer(byte: u8) -> Bytes {
    Bytes::copy_from_slice(&[b'$', 0, 0, 1, byte])
}

#[tokio::test]
async fn answers_come_in_the_order_of_their_requests_and_before_what_is_played() {
    let (near, mut far) = pair().await;
    let outlet = Outlet::new(Some(Arc::clone(&near)), None);
    // A client that sends its requests without waiting for answers.
    assert!(outlet.answer(answer(b'a')) && outlet.answer(answer(b'b')));
    let earlier = outlet.waiting();
    outlet.offer(&[Item { batch: Batch::of_packets(Track::Video, [[b'd'; 1].as_slice()]), key: true }], ROUTES);
    outlet.begin(earlier, vec![answer(b'c')], &[], ROUTES);
    outlet.drain(Some(&near), &mut None).await.unwrap();
    for expected in *b"abcd" {
        assert_eq!(frame(&mut far).await.1, [expected]);
    }
}

#[tokio::test]
async fn who_asks_on_and_on_and_reads_nothing_is_cut() {
    let outlet = Outlet::new(None, None);
    let answer = Bytes::from(vec![0; 1024]);
    let taken = (0..1000).take_while(|_| outlet.answer(answer.clone())).count();
    assert_eq!(taken, ANSWERS_BYTES_MAX / 1024);
}
