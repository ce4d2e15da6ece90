use openh264::formats::YUVSource;

use super::*;

/// Mean difference of two pictures' luma, and how many pixels differ clearly.
fn difference(a: &Canvas, b: &Canvas) -> (f64, usize) {
    let differences = a.y().iter().zip(b.y()).map(|(a, b)| a.abs_diff(*b));
    (differences.clone().map(f64::from).sum::<f64>() / a.y().len() as f64, differences.filter(|d| *d > 24).count())
}

#[test]
fn every_scene_moves_and_its_end_meets_its_beginning() {
    const SECONDS: f32 = 24.0;
    for scene in Scene::ALL.into_iter().chain([Scene::Test]) {
        let mut painter = Painter::new(scene, 320, 180);
        let mut at = |t: f32| painter.paint(t, SECONDS).clone();
        let (begin, next, middle, end) = (at(0.0), at(0.2), at(SECONDS / 2.0), at(SECONDS - 0.04));
        assert!(difference(&begin, &middle).1 > 300, "{scene:?} does not move");
        // The clock jumps back; all else goes on as from one picture to the next.
        let (over_the_end, within) = (difference(&end, &begin), difference(&begin, &next));
        assert!(over_the_end.0 <= within.0 + 0.15, "{scene:?}: {over_the_end:?} {within:?}");
    }
}
