//! A whole conversation with a provider that says what a test wants, and what attackers make
//! of its answers.

mod answers;
mod attacks;
mod logout;
mod mutator;
mod rig;
