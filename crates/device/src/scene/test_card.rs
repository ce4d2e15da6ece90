//! The test scene: little to draw, something always moving.

use super::canvas::{Canvas, HEIGHT, WIDTH, rgb};

pub(super) fn still(canvas: &mut Canvas) {
    canvas.gradient(0.0, HEIGHT, rgb(0x2f_6f_b0), rgb(0xc8_dc_ee));
    for (i, color) in (0u8..).zip([0xe8_e8_e8, 0xd8_c8_30, 0x30_b8_c0, 0x38_b0_48, 0xb8_40_a8, 0xc8_38_30]) {
        canvas.rect(200.0 + 150.0 * f32::from(i), 520.0, 140.0, 140.0, 12.0, rgb(color));
    }
}

pub(super) fn moving(canvas: &mut Canvas, t: f32, length: f32) {
    let turn = t / length * std::f32::consts::TAU;
    canvas.circle(WIDTH / 2.0 + 400.0 * turn.cos(), 300.0 + 120.0 * turn.sin(), 70.0, rgb(0xff_f0_a0));
    canvas.line((WIDTH / 2.0, 300.0), (WIDTH / 2.0 + 180.0 * turn.sin(), 300.0 - 180.0 * turn.cos()), 18.0, rgb(0x20_28_38));
}
