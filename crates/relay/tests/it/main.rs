//! The relay against a real (virtual) camera, real files and a real store.

mod journey;
mod rig;
