//! A living room: a cat, a cleaning robot, a clock that goes, a television that flickers.

use std::f32::consts::{PI, TAU};

use super::actors::{Cat, along};
use super::canvas::{Bounds, Canvas, HEIGHT, WIDTH, rgb};

const FLOOR: f32 = 500.0;

pub(super) fn still(canvas: &mut Canvas) {
    canvas.gradient(0.0, FLOOR, rgb(0xd8_dc_d2), rgb(0xe6_e2_d4));
    for stripe in 0u8..22 {
        canvas.rect(58.0 * f32::from(stripe), 0.0, 26.0, FLOOR, 0.0, rgb(0xcc_d2_c6).alpha(0.6));
    }
    canvas.rect(0.0, FLOOR - 20.0, WIDTH, 20.0, 0.0, rgb(0xf2_ee_e2));
    canvas.gradient(FLOOR, HEIGHT, rgb(0xb8_88_5c), rgb(0x94_66_40));
    for board in 0u8..7 {
        let y = FLOOR + 4.0 + 5.0 * f32::from(board) * f32::from(board);
        canvas.rect(0.0, y, WIDTH, 2.0, 0.0, rgb(0x84_5a_38));
    }
    window(canvas);
    shelf(canvas);
    sofa(canvas);
    canvas.ellipse(560.0, 626.0, 360.0, 62.0, rgb(0x9c_48_44));
    canvas.ellipse(560.0, 624.0, 330.0, 54.0, rgb(0xd4_a8_70));
    canvas.ellipse(560.0, 622.0, 290.0, 45.0, rgb(0xb0_5c_50));
    television(canvas);
    plant(canvas);
    canvas.circle(420.0, 170.0, 48.0, rgb(0x6c_48_30));
    canvas.circle(420.0, 170.0, 41.0, rgb(0xf8_f4_ea));
    for hour in 0u8..12 {
        let angle = f32::from(hour) * TAU / 12.0;
        canvas.circle(420.0 + 34.0 * angle.sin(), 170.0 - 34.0 * angle.cos(), 2.2, rgb(0x30_2c_28));
    }
}

fn window(canvas: &mut Canvas) {
    canvas.rect(530.0, 84.0, 300.0, 250.0, 4.0, rgb(0xf8_f6_ee));
    canvas.shade(Bounds(542.0, 96.0, 818.0, 322.0), |x, y, _| {
        let inside = f32::from(u8::from(x > 542.0 && x < 818.0 && y > 96.0 && y < 322.0));
        (rgb(0x70_b0_e4).mix(rgb(0xe8_f2_f4), ((y - 96.0) / 190.0).clamp(0.0, 1.0)), inside)
    });
    canvas.convex(&[(542.0, 322.0), (542.0, 284.0), (600.0, 262.0), (710.0, 322.0)], rgb(0x7c_ae_6c));
    canvas.convex(&[(640.0, 322.0), (760.0, 268.0), (818.0, 280.0), (818.0, 322.0)], rgb(0x6c_a0_5c));
    canvas.circle(760.0, 140.0, 18.0, rgb(0xff_f4_c8));
    canvas.rect(675.0, 90.0, 10.0, 238.0, 0.0, rgb(0xf8_f6_ee));
    canvas.rect(536.0, 200.0, 288.0, 8.0, 0.0, rgb(0xf8_f6_ee));
    canvas.rect(510.0, 334.0, 340.0, 14.0, 3.0, rgb(0xe8_e4_d8));
    for (x, lean) in [(498.0, 26.0f32), (800.0, -26.0)] {
        let inner = x + 62.0 + lean.max(0.0);
        canvas.convex(
            &[(x + lean.min(0.0), 70.0), (inner, 70.0), (x + 62.0 + lean * 0.2, 400.0), (x + lean * 0.2, 400.0)],
            rgb(0x50_80_84),
        );
        for fold in 1u8..4 {
            let fx = x + 16.0 * f32::from(fold);
            canvas.line((fx, 76.0), (fx, 396.0), 4.0, rgb(0x42_6c_72));
        }
    }
    canvas.line((470.0, 68.0), (890.0, 68.0), 8.0, rgb(0x6c_48_30));
    canvas.convex(&[(560.0, 500.0), (800.0, 500.0), (930.0, 640.0), (620.0, 640.0)], rgb(0xff_f4_cc).alpha(0.16));
}

fn shelf(canvas: &mut Canvas) {
    canvas.rect(60.0, 130.0, 260.0, 360.0, 4.0, rgb(0x7c_54_38));
    let colors = [0xb8_48_40, 0x3c_68_98, 0xd8_a8_40, 0x4c_84_5c, 0x78_50_88, 0xd0_d0_c4, 0xc8_70_40];
    for row in 0u8..4 {
        let bottom = 212.0 + 88.0 * f32::from(row);
        canvas.rect(70.0, bottom - 72.0, 240.0, 76.0, 1.0, rgb(0x54_38_26));
        let mut x = 74.0;
        for book in 0u8..13 {
            let kind = usize::from(book * 5 + row * 3);
            let (width, height) = (12.0 + (kind % 4) as f32 * 3.0, 46.0 + (kind % 5) as f32 * 5.0);
            if kind % 6 != 5 && x + width < 306.0 {
                canvas.rect(x, bottom - height, width - 1.0, height, 1.0, rgb(colors[kind % colors.len()]));
                canvas.rect(x + 2.0, bottom - height + 8.0, width - 5.0, 4.0, 0.0, rgb(0xf0_e8_d0).alpha(0.7));
            }
            x += width + if kind % 6 == 5 { 10.0 } else { 0.0 };
        }
    }
}

fn sofa(canvas: &mut Canvas) {
    canvas.ellipse(680.0, 556.0, 250.0, 20.0, rgb(0x30_1c_10).alpha(0.35));
    for x in [480.0, 868.0] {
        canvas.rect(x, 530.0, 14.0, 26.0, 2.0, rgb(0x40_2c_20));
    }
    canvas.rect(466.0, 372.0, 430.0, 130.0, 26.0, rgb(0x44_68_80));
    canvas.rect(482.0, 452.0, 400.0, 86.0, 14.0, rgb(0x4c_74_8e));
    for x in [488.0, 684.0] {
        canvas.rect(x, 386.0, 190.0, 84.0, 18.0, rgb(0x54_80_9a));
        canvas.rect(x, 458.0, 190.0, 40.0, 14.0, rgb(0x5e_8c_a8));
    }
    for x in [446.0, 866.0] {
        canvas.rect(x, 424.0, 50.0, 116.0, 20.0, rgb(0x3e_60_78));
    }
    canvas.convex(&[(520.0, 402.0), (584.0, 392.0), (594.0, 454.0), (530.0, 464.0)], rgb(0xe0_a8_48));
    canvas.convex(&[(780.0, 396.0), (840.0, 404.0), (832.0, 464.0), (772.0, 454.0)], rgb(0xc8_60_54));
}

fn television(canvas: &mut Canvas) {
    canvas.rect(960.0, 440.0, 290.0, 70.0, 4.0, rgb(0x8a_5e_3e));
    canvas.rect(974.0, 452.0, 124.0, 46.0, 2.0, rgb(0x70_4a_30));
    canvas.rect(1112.0, 452.0, 124.0, 46.0, 2.0, rgb(0x70_4a_30));
    canvas.rect(1080.0, 424.0, 50.0, 18.0, 2.0, rgb(0x20_22_26));
    canvas.rect(966.0, 262.0, 278.0, 166.0, 6.0, rgb(0x1c_1e_22));
}

fn plant(canvas: &mut Canvas) {
    canvas.convex(&[(372.0, 440.0), (442.0, 440.0), (432.0, 512.0), (382.0, 512.0)], rgb(0xc8_74_50));
    canvas.rect(366.0, 430.0, 82.0, 16.0, 3.0, rgb(0xd8_84_5c));
    for leaf in 0u8..9 {
        let angle = (f32::from(leaf) - 4.0) * 0.3;
        let reach = 120.0 - 7.0 * (f32::from(leaf) - 4.0).abs();
        let tip = (407.0 + reach * angle.sin(), 436.0 - reach * angle.cos());
        let middle = (407.0 + 0.55 * reach * angle.sin(), 430.0 - 0.62 * reach * angle.cos());
        let green = if leaf % 2 == 0 { rgb(0x3c_78_48) } else { rgb(0x4e_92_58) };
        canvas.line((407.0, 436.0), middle, 9.0, green);
        canvas.line(middle, tip, 13.0, green);
    }
}

pub(super) fn moving(canvas: &mut Canvas, t: f32, length: f32) {
    let share = t / length;
    // The picture on the television: hills under a changing sky.
    let hue = 0.5 + 0.5 * (3.0 * TAU * share).sin();
    canvas.rect(974.0, 270.0, 262.0, 150.0, 2.0, rgb(0x30_50_a0).mix(rgb(0xe0_80_60), hue));
    canvas.circle(1010.0 + 190.0 * share, 340.0 - 40.0 * (PI * share).sin(), 14.0, rgb(0xff_f4_c0));
    canvas.convex(&[(974.0, 420.0), (974.0, 380.0), (1040.0, 352.0), (1150.0, 420.0)], rgb(0x20_4c_38));
    canvas.convex(&[(1060.0, 420.0), (1180.0, 366.0), (1236.0, 384.0), (1236.0, 420.0)], rgb(0x2c_60_44));

    let hand = |turn: f32, reach: f32, thick: f32, color: u32, canvas: &mut Canvas| {
        canvas.line((420.0, 170.0), (420.0 + reach * (turn * TAU).sin(), 170.0 - reach * (turn * TAU).cos()), thick, rgb(color));
    };
    hand(16.4 / 12.0, 19.0, 5.0, 0x2c_28_24, canvas);
    hand(24.0 / 60.0 + share / 150.0, 28.0, 3.5, 0x2c_28_24, canvas);
    hand((t.floor() % 60.0) / 60.0, 33.0, 1.5, 0xc8_40_38, canvas);

    robot(canvas, share);
    let x = along(t, length, 0.25, 1.0, -200.0, 1700.0);
    Cat { x, y: 690.0, length: 170.0, facing: 1.0, phase: x / 21.0, swing: 1.0, color: rgb(0x70_6c_74) }.draw(canvas);
}

/// Goes round on the floor, its lamp blinking.
fn robot(canvas: &mut Canvas, share: f32) {
    let turn = share * TAU;
    let (x, y) = (700.0 + 380.0 * turn.sin(), 602.0 + 34.0 * turn.cos());
    canvas.ellipse(x, y + 9.0, 56.0, 14.0, rgb(0x20_14_0c).alpha(0.35));
    canvas.ellipse(x, y + 3.0, 52.0, 17.0, rgb(0x26_2a_30));
    canvas.ellipse(x, y - 4.0, 52.0, 17.0, rgb(0x44_4a_52));
    canvas.ellipse(x, y - 6.0, 30.0, 9.0, rgb(0x58_60_6a));
    let lamp = if ((share * 48.0) as u32).is_multiple_of(2) { rgb(0x60_f0_90) } else { rgb(0x28_60_40) };
    canvas.circle(x, y - 8.0, 4.0, lamp);
}
