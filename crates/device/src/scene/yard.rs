//! A house door with its yard: a courier brings a parcel, a cat goes her way.

use super::actors::{Cat, Clothes, Light, Person, along, tree};
use super::canvas::{Bounds, Canvas, HEIGHT, WIDTH, rgb};

/// Where the door's threshold is.
const DOOR_X: f32 = 880.0;
const WALL_FOOT: f32 = 470.0;

pub(super) fn still(canvas: &mut Canvas) {
    canvas.gradient(0.0, 330.0, rgb(0x78_b0_e0), rgb(0xea_f0_ee));
    canvas.glow(160.0, 90.0, 220.0, rgb(0xff_f2_c8));
    for (x, rx, ry) in [(90.0, 260.0, 90.0), (420.0, 240.0, 70.0)] {
        canvas.ellipse(x, 372.0, rx, ry, rgb(0x8c_ac_8c));
    }
    canvas.gradient(340.0, HEIGHT, rgb(0x86_b4_5c), rgb(0x5c_90_40));
    fence(canvas);
    tree(canvas, 130.0, 424.0, 300.0, Light::Day);
    house(canvas);
    path(canvas);
    for (x, y, size) in
        [(640.0, 500.0, 26.0), (600.0, 520.0, 20.0), (1080.0, 494.0, 24.0), (1124.0, 512.0, 20.0), (1170.0, 498.0, 26.0)]
    {
        bush(canvas, x, y, size);
    }
}

fn fence(canvas: &mut Canvas) {
    for y in [360.0, 392.0] {
        canvas.rect(0.0, y, 560.0, 7.0, 1.0, rgb(0xd8_d4_c8));
    }
    for slat in 0u8..21 {
        let x = 4.0 + 27.0 * f32::from(slat);
        canvas.rect(x, 342.0, 15.0, 78.0, 2.0, rgb(0xf2_ee_e4));
        canvas.convex(&[(x, 343.0), (x + 7.5, 330.0), (x + 15.0, 343.0)], rgb(0xf2_ee_e4));
    }
}

fn house(canvas: &mut Canvas) {
    let (left, top) = (540.0, 150.0);
    canvas.rect(left, top, WIDTH - left, WALL_FOOT - top, 0.0, rgb(0xe6_d6_bc));
    for board in 0u8..16 {
        let y = top + 20.0 * f32::from(board);
        canvas.rect(left, y, WIDTH - left, 2.0, 0.0, rgb(0xcc_ba_9e));
    }
    canvas
        .shade(Bounds(left, top, WIDTH, top + 70.0), |_, y, _| (rgb(0x30_24_18), 0.3 * (1.0 - (y - top) / 70.0).clamp(0.0, 1.0)));
    canvas.convex(&[(500.0, 160.0), (610.0, 44.0), (WIDTH, 44.0), (WIDTH, 160.0)], rgb(0x8c_50_44));
    for row in 0u8..5 {
        let y = 62.0 + 20.0 * f32::from(row);
        canvas.line((590.0 - 19.0 * f32::from(row), y), (WIDTH, y), 2.0, rgb(0x74_40_38));
    }
    canvas.rect(496.0, 156.0, WIDTH - 496.0, 12.0, 3.0, rgb(0xf4_f0_e6));
    canvas.rect(left, WALL_FOOT - 22.0, WIDTH - left, 22.0, 0.0, rgb(0xa0_9a_90));
    window(canvas, 606.0);
    window(canvas, 1070.0);
    door(canvas);
    canvas.rect(1040.0, 330.0, 14.0, 22.0, 3.0, rgb(0x3c_40_48));
    canvas.circle(1047.0, 337.0, 3.5, rgb(0x8c_d0_ff));
}

fn window(canvas: &mut Canvas, x: f32) {
    canvas.rect(x - 8.0, 222.0, 156.0, 136.0, 3.0, rgb(0xf8_f4_ea));
    canvas.rect(x, 230.0, 140.0, 120.0, 0.0, rgb(0x54_78_90));
    canvas.convex(&[(x + 10.0, 350.0), (x + 90.0, 230.0), (x + 124.0, 230.0), (x + 44.0, 350.0)], rgb(0xd8_ec_f6).alpha(0.35));
    canvas.convex(&[(x, 230.0), (x + 42.0, 230.0), (x + 14.0, 350.0), (x, 350.0)], rgb(0xf0_e4_d8).alpha(0.85));
    canvas.convex(&[(x + 98.0, 230.0), (x + 140.0, 230.0), (x + 140.0, 350.0), (x + 126.0, 350.0)], rgb(0xf0_e4_d8).alpha(0.85));
    canvas.rect(x + 67.0, 230.0, 6.0, 120.0, 0.0, rgb(0xf8_f4_ea));
    canvas.rect(x, 286.0, 140.0, 5.0, 0.0, rgb(0xf8_f4_ea));
    canvas.rect(x - 6.0, 362.0, 152.0, 22.0, 3.0, rgb(0x8a_5c_3c));
    for (i, color) in (0u8..).zip([0xe0_50_60, 0xf4_c8_40, 0xe8_78_a8, 0xf0_60_40, 0xf8_e0_60, 0xd0_48_78]) {
        let fx = x + 8.0 + 25.0 * f32::from(i);
        canvas.circle(fx, 360.0, 12.0, rgb(0x4c_84_40));
        canvas.circle(fx + 3.0, 353.0, 6.5, rgb(color));
    }
}

fn door(canvas: &mut Canvas) {
    let x = DOOR_X - 62.0;
    canvas.rect(x - 12.0, 226.0, 148.0, WALL_FOOT - 226.0, 3.0, rgb(0xf8_f4_ea));
    canvas.rect(x, 238.0, 124.0, WALL_FOOT - 238.0, 0.0, rgb(0x2c_64_70));
    for (px, py, height) in [(14.0, 254.0, 60.0), (68.0, 254.0, 60.0), (14.0, 336.0, 108.0), (68.0, 336.0, 108.0)] {
        canvas.rect(x + px, py, 42.0, height, 3.0, rgb(0x24_54_60));
        canvas.rect(x + px + 4.0, py + 4.0, 34.0, height - 8.0, 2.0, rgb(0x34_70_7c));
    }
    canvas.circle(x + 112.0, 366.0, 6.0, rgb(0xe8_c8_68));
    canvas.rect(x - 34.0, WALL_FOOT - 4.0, 192.0, 16.0, 2.0, rgb(0xc4_be_b4));
    canvas.rect(x - 54.0, WALL_FOOT + 12.0, 232.0, 18.0, 2.0, rgb(0xae_a8_9e));
    canvas.rect(x + 12.0, WALL_FOOT - 8.0, 100.0, 9.0, 2.0, rgb(0x78_58_40));
    canvas.glow(x - 36.0, 276.0, 34.0, rgb(0xff_e8_b0).alpha(0.6));
    canvas.rect(x - 43.0, 262.0, 14.0, 26.0, 3.0, rgb(0x30_34_38));
    canvas.rect(x - 40.0, 267.0, 8.0, 16.0, 2.0, rgb(0xff_f0_cc));
}

/// Flat stones from the lower left to the door.
fn path(canvas: &mut Canvas) {
    canvas.convex(
        &[(-40.0, 612.0), (DOOR_X - 80.0, WALL_FOOT + 30.0), (DOOR_X + 90.0, WALL_FOOT + 30.0), (360.0, 720.0), (-40.0, 720.0)],
        rgb(0xc8_bc_a4),
    );
    for stone in 0u8..9 {
        let at = f32::from(stone) / 8.0;
        let (x, y) = (60.0 + (DOOR_X - 90.0) * at, 672.0 - 160.0 * at);
        canvas.ellipse(x, y, 74.0 - 18.0 * at, 20.0 - 6.0 * at, rgb(0xb4_a8_90));
        canvas.ellipse(x - 4.0, y - 3.0, 66.0 - 18.0 * at, 16.0 - 5.0 * at, rgb(0xd8_ce_ba));
    }
}

fn bush(canvas: &mut Canvas, x: f32, y: f32, size: f32) {
    for (dx, dy, r, color) in
        [(-0.8, 0.0, 0.9, 0x44_78_3c), (0.8, 0.1, 0.85, 0x40_70_38), (0.0, -0.4, 1.1, 0x50_8a_44), (0.1, -0.8, 0.6, 0x64_a0_54)]
    {
        canvas.circle(x + dx * size, y + dy * size, r * size, rgb(color));
    }
}

const COURIER: Clothes =
    Clothes { coat: rgb(0x3c_6c_b4), trousers: rgb(0x34_38_44), hair: rgb(0x28_4c_88), skin: rgb(0xe8_b8_90) };

pub(super) fn moving(canvas: &mut Canvas, t: f32, length: f32) {
    let share = t / length;
    courier(canvas, share);
    let cat = along(-t, length, 0.86, 1.0, -400.0, 2100.0);
    let phase = cat / 13.0;
    Cat { x: cat, y: 664.0, length: 104.0, facing: -1.0, phase: -phase, swing: 1.0, color: rgb(0xd0_84_3c) }.draw(canvas);
    for (offset, height) in [(0.0, 560.0), (0.31, 600.0)] {
        let turn = (share + offset) * std::f32::consts::TAU;
        let (x, y) = (430.0 + 170.0 * (2.0 * turn).sin(), height + 46.0 * (3.0 * turn).sin());
        let flap = 7.0 * (40.0 * turn).sin().abs();
        canvas.ellipse(x - 5.0, y, 6.0, 2.0 + flap, rgb(0xff_f0_70));
        canvas.ellipse(x + 5.0, y, 6.0, 2.0 + flap, rgb(0xff_e0_50));
    }
}

/// Comes along the path, sets the parcel down, goes back.
fn courier(canvas: &mut Canvas, share: f32) {
    let [comes, sets, goes, gone] = [0.05, 0.42, 0.55, 0.92];
    let place = |at: f32| (-80.0 + (DOOR_X + 40.0) * at, 690.0 - 186.0 * at, 226.0 - 36.0 * at);
    if share > sets + 0.06 && share < 0.985 {
        let fade = ((0.985 - share) * 40.0).min(1.0);
        canvas.rect(DOOR_X + 8.0, WALL_FOOT - 38.0, 48.0, 36.0, 2.0, rgb(0xc2_95_5c).alpha(fade));
        canvas.rect(DOOR_X + 28.0, WALL_FOOT - 38.0, 8.0, 36.0, 0.0, rgb(0xe4_cf_9c).alpha(fade));
    }
    let (at, facing, swing, parcel) = match share {
        s if s < comes || s > gone => return,
        s if s < sets => ((s - comes) / (sets - comes), 1.0, 1.0, true),
        s if s < goes => (1.0, 1.0, 0.0, s < sets + 0.06),
        s => (1.0 - (s - goes) / (gone - goes), -1.0, 1.0, false),
    };
    let (x, y, height) = place(at);
    let phase = facing * x / (0.155 * height);
    Person { x, y, height, facing, phase, swing, clothes: COURIER, parcel }.draw(canvas, Light::Day);
}
