//! Letters through real servers and to a listener that keeps count.

mod delivery;
mod failure;
mod refusal;
mod rig;
