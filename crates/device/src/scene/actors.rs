//! What moves through scenes, and trees.

use std::f32::consts::{PI, TAU};

use super::canvas::{Canvas, Color, rgb};

/// Light of a scene: what it does to a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Light {
    Day,
    Night,
}

impl Light {
    pub(super) fn on(self, color: Color) -> Color {
        match self {
            Self::Day => color,
            Self::Night => color.mix(rgb(0x0a_10_22), 0.7).alpha(1.0),
        }
    }
}

/// What somebody wears.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clothes {
    pub(super) coat: Color,
    pub(super) trousers: Color,
    pub(super) hair: Color,
    pub(super) skin: Color,
}

/// Somebody on foot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    pub(super) x: f32,
    /// Where the feet are.
    pub(super) y: f32,
    pub(super) height: f32,
    /// 1 faces right, -1 left.
    pub(super) facing: f32,
    /// Of the stride, in radians; a standing person's is 0 throughout.
    pub(super) phase: f32,
    /// How far limbs swing: 1 walks, 0 stands.
    pub(super) swing: f32,
    pub(super) clothes: Clothes,
    pub(super) parcel: bool,
}

impl Person {
    pub(super) fn draw(&self, canvas: &mut Canvas, light: Light) {
        let h = self.height;
        let Clothes { coat, trousers, hair, skin } = self.clothes;
        let [coat, trousers, hair, skin] = [coat, trousers, hair, skin].map(|color| light.on(color));
        let bob = (self.phase.sin().abs() - 0.5) * 0.015 * h * self.swing;
        let at = |forward: f32, up: f32| (self.x + self.facing * forward * h, self.y - up * h - bob);
        canvas.ellipse(self.x, self.y + 0.005 * h, 0.2 * h, 0.03 * h, rgb(0x0c_10_14).alpha(0.3));
        // The far limbs first and darker.
        let limbs = [(self.phase + PI, 0.35), (self.phase, 0.0)];
        for (phase, shade) in limbs {
            self.leg(canvas, at, phase, trousers.mix(rgb(0), shade));
        }
        self.arm(canvas, at, self.phase, coat.mix(rgb(0), 0.3), skin);
        canvas.line(at(0.0, 0.52), at(0.015, 0.78), 0.19 * h, coat);
        canvas.line(at(0.01, 0.82), at(0.015, 0.87), 0.07 * h, skin.mix(rgb(0), 0.15));
        let (head_x, head_y) = at(0.02, 0.925);
        canvas.circle(head_x - self.facing * 0.012 * h, head_y - 0.012 * h, 0.078 * h, hair);
        canvas.ellipse(head_x + self.facing * 0.014 * h, head_y + 0.01 * h, 0.06 * h, 0.068 * h, skin);
        if self.parcel {
            let (x, y) = at(0.2, 0.62);
            canvas.rect(x - 0.12 * h, y - 0.09 * h, 0.24 * h, 0.18 * h, 2.0, light.on(rgb(0xc2_95_5c)));
            canvas.rect(x - 0.02 * h, y - 0.09 * h, 0.04 * h, 0.18 * h, 0.0, light.on(rgb(0xe4_cf_9c)));
        }
        self.arm(canvas, at, self.phase + PI, coat.mix(rgb(0), 0.12), skin);
    }

    fn leg(&self, canvas: &mut Canvas, at: impl Fn(f32, f32) -> (f32, f32), phase: f32, color: Color) {
        let h = self.height;
        let thigh = 0.48 * phase.sin() * self.swing;
        let knee_bend = 0.75 * (phase + 0.4).cos().max(0.0) * self.swing;
        let (knee_x, knee_up) = (0.25 * thigh.sin(), 0.5 - 0.25 * thigh.cos());
        let shin = thigh - knee_bend;
        let (foot_x, foot_up) = (knee_x + 0.24 * shin.sin(), knee_up - 0.24 * shin.cos());
        canvas.line(at(0.0, 0.5), at(knee_x, knee_up), 0.105 * h, color);
        canvas.line(at(knee_x, knee_up), at(foot_x, foot_up + 0.015), 0.08 * h, color);
        canvas.line(at(foot_x, foot_up + 0.02), at(foot_x + 0.065, foot_up + 0.015), 0.05 * h, color.mix(rgb(0x14_12_10), 0.75));
    }

    fn arm(&self, canvas: &mut Canvas, at: impl Fn(f32, f32) -> (f32, f32), phase: f32, color: Color, skin: Color) {
        let h = self.height;
        let (upper, lower) = if self.parcel {
            (0.35, 1.35)
        } else {
            let swing = 0.55 * phase.sin() * self.swing;
            (swing, swing + 0.3)
        };
        let (elbow_x, elbow_up) = (0.01 + 0.17 * f32::sin(upper), 0.79 - 0.17 * f32::cos(upper));
        let (hand_x, hand_up) = (elbow_x + 0.16 * f32::sin(lower), elbow_up - 0.16 * f32::cos(lower));
        canvas.line(at(0.01, 0.79), at(elbow_x, elbow_up), 0.07 * h, color);
        canvas.line(at(elbow_x, elbow_up), at(hand_x, hand_up), 0.06 * h, color);
        let (x, y) = at(hand_x, hand_up);
        canvas.circle(x, y, 0.032 * h, skin);
    }
}

/// A car seen from its side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Car {
    pub(super) x: f32,
    /// Where the wheels touch the ground.
    pub(super) y: f32,
    pub(super) length: f32,
    pub(super) facing: f32,
    pub(super) color: Color,
    /// A van's roof reaches its back.
    pub(super) van: bool,
}

impl Car {
    pub(super) fn draw(&self, canvas: &mut Canvas, light: Light) {
        let l = self.length;
        let at = |forward: f32, up: f32| (self.x + self.facing * forward * l, self.y - up * l);
        let paint = light.on(self.color);
        let dark = paint.mix(rgb(0x05_06_08), 0.45);
        let glass = light.on(rgb(0x9c_c4_dc)).mix(rgb(0x1a_26_34), 0.35);
        canvas.ellipse(self.x, self.y, 0.52 * l, 0.035 * l, rgb(0x06_08_0a).alpha(0.45));
        let roof = if self.van { 0.46 } else { 0.36 };
        let back = if self.van { -0.47 } else { -0.3 };
        let corners = [(back - 0.04, 0.2), (back + 0.03, roof), (0.1, roof), (0.27, 0.22)];
        polygon(canvas, self.facing, &corners.map(|(x, up)| at(x, up)), paint);
        let windows = [
            [(back + 0.02, 0.22), (back + 0.06, roof - 0.035), (-0.09, roof - 0.035), (-0.09, 0.22)],
            [(-0.06, 0.22), (-0.06, roof - 0.035), (0.085, roof - 0.035), (0.215, 0.22)],
        ];
        windows.iter().for_each(|w| polygon(canvas, self.facing, &w.map(|(x, up)| at(x, up)), glass));
        self.band(canvas, at, (-0.5, 0.5), (0.07, 0.235), 0.05, paint);
        self.band(canvas, at, (-0.49, 0.49), (0.06, 0.1), 0.015, dark);
        self.band(canvas, at, (-0.04, 0.01), (0.185, 0.2), 0.005, dark);
        for wheel in [-0.3, 0.3] {
            let (x, y) = at(wheel, 0.085);
            canvas.circle(x, y, 0.1 * l, dark.mix(rgb(0x05_06_08), 0.6));
            canvas.circle(x, y, 0.085 * l, light.on(rgb(0x16_18_1c)));
            canvas.circle(x, y, 0.05 * l, light.on(rgb(0xb8_bc_c4)));
            let turned = self.facing * self.x / (0.085 * l);
            for spoke in 0u8..3 {
                let angle = turned + f32::from(spoke) * TAU / 6.0;
                let (dx, dy) = (0.042 * l * angle.cos(), 0.042 * l * angle.sin());
                canvas.line((x - dx, y - dy), (x + dx, y + dy), 0.012 * l, light.on(rgb(0x50_54_5c)));
            }
        }
        self.lamps(canvas, at, light);
    }

    fn band(
        &self,
        canvas: &mut Canvas,
        at: impl Fn(f32, f32) -> (f32, f32),
        along: (f32, f32),
        up: (f32, f32),
        round: f32,
        color: Color,
    ) {
        let ((x0, top), (x1, bottom)) = (at(along.0, up.1), at(along.1, up.0));
        canvas.rect(x0.min(x1), top, (x1 - x0).abs(), bottom - top, round * self.length, color);
    }

    fn lamps(&self, canvas: &mut Canvas, at: impl Fn(f32, f32) -> (f32, f32), light: Light) {
        let l = self.length;
        let (front, rear) = (at(0.48, 0.175), at(-0.485, 0.18));
        if light == Light::Night {
            canvas.beam(front, (self.facing * 1.25 * l, 0.1 * l), 0.34 * l, rgb(0xff_ee_b8).alpha(0.5));
            let (x, y) = at(1.05, -0.01);
            canvas.pool(x, y, 0.62 * l, 0.075 * l, rgb(0xff_ee_b8).alpha(0.5));
            canvas.glow(front.0, front.1, 0.28 * l, rgb(0xff_f4_d0).alpha(0.9));
            canvas.glow(rear.0, rear.1, 0.2 * l, rgb(0xff_30_20).alpha(0.7));
        }
        canvas.ellipse(front.0, front.1, 0.022 * l, 0.03 * l, rgb(0xff_f8_e0));
        canvas.ellipse(rear.0, rear.1, 0.015 * l, 0.03 * l, rgb(0xd8_28_20));
    }
}

/// A convex polygon whose corners are clockwise when it faces right.
fn polygon(canvas: &mut Canvas, facing: f32, corners: &[(f32, f32); 4], color: Color) {
    let mut corners = *corners;
    if facing < 0.0 {
        corners.reverse();
    }
    canvas.convex(&corners, color);
}

/// A cat that walks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cat {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) length: f32,
    pub(super) facing: f32,
    pub(super) phase: f32,
    pub(super) swing: f32,
    pub(super) color: Color,
}

impl Cat {
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        let l = self.length;
        let at = |forward: f32, up: f32| (self.x + self.facing * forward * l, self.y - up * l);
        let far = self.color.mix(rgb(0), 0.25);
        canvas.ellipse(self.x, self.y, 0.55 * l, 0.05 * l, rgb(0x0c_10_14).alpha(0.28));
        for (hip, offset, color) in
            [(-0.3, PI, far), (0.28, 0.5 * PI, far), (-0.34, 0.0, self.color), (0.32, 1.5 * PI, self.color)]
        {
            let step = (self.phase + offset).sin() * self.swing;
            let lift = 0.05 * (self.phase + offset).cos().max(0.0) * self.swing;
            canvas.line(at(hip, 0.34), at(hip + 0.05 * step, 0.17 + lift), 0.12 * l, color);
            canvas.line(at(hip + 0.05 * step, 0.17 + lift), at(hip + 0.14 * step, 0.03 + lift), 0.08 * l, color);
        }
        let wave = 0.08 * (0.7 * self.phase).sin();
        let tail = [(-0.42, 0.42), (-0.58, 0.5), (-0.66 - wave, 0.68), (-0.6 - 2.0 * wave, 0.86)];
        tail.windows(2).for_each(|t| canvas.line(at(t[0].0, t[0].1), at(t[1].0, t[1].1), 0.075 * l, self.color));
        canvas.line(at(-0.32, 0.4), at(0.3, 0.4), 0.27 * l, self.color);
        canvas.line(at(0.3, 0.45), at(0.46, 0.58), 0.18 * l, self.color);
        for ear in [0.43, 0.56] {
            canvas.line(at(ear, 0.72), at(ear + 0.01, 0.8), 0.06 * l, far);
        }
        let (x, y) = at(0.5, 0.63);
        canvas.circle(x, y, 0.145 * l, self.color);
        for stripe in [-0.2, -0.05, 0.1] {
            canvas.line(at(stripe, 0.5), at(stripe - 0.02, 0.4), 0.035 * l, far);
        }
        let (x, y) = at(0.57, 0.66);
        canvas.circle(x, y, 0.024 * l, rgb(0x18_20_14));
        let (x, y) = at(0.63, 0.59);
        canvas.circle(x, y, 0.02 * l, rgb(0xd8_90_88));
    }
}

/// A tree; it stands in the still part of a picture.
pub(super) fn tree(canvas: &mut Canvas, x: f32, y: f32, size: f32, light: Light) {
    canvas.ellipse(x, y, 0.35 * size, 0.05 * size, rgb(0x0c_14_0c).alpha(0.3));
    let bark = light.on(rgb(0x6a_4e_38));
    canvas.line((x, y), (x + 0.01 * size, y - 0.5 * size), 0.09 * size, bark);
    canvas.line((x, y - 0.32 * size), (x - 0.16 * size, y - 0.55 * size), 0.045 * size, bark);
    canvas.line((x, y - 0.38 * size), (x + 0.17 * size, y - 0.6 * size), 0.04 * size, bark);
    let leaves = [
        (-0.2, 0.58, 0.2, 0x3f_7a_3c),
        (0.2, 0.6, 0.2, 0x3a_70_38),
        (0.0, 0.66, 0.27, 0x4a_8a_44),
        (-0.12, 0.82, 0.2, 0x58_9c_4e),
        (0.13, 0.8, 0.19, 0x52_94_4a),
        (0.0, 0.9, 0.15, 0x6a_b0_5c),
        (-0.08, 0.72, 0.1, 0x72_b8_62),
    ];
    for (dx, up, r, color) in leaves {
        canvas.circle(x + dx * size, y - up * size, r * size, light.on(rgb(color)));
    }
}

/// How far along its way something is that takes the whole loop from before the left edge to behind the right one: its
/// position for a path of `span` that begins at `from`. Where it jumps back, nobody sees it.
pub(super) fn along(t: f32, length: f32, offset: f32, laps: f32, from: f32, span: f32) -> f32 {
    from + (laps * t / length + offset).rem_euclid(1.0) * span
}
