//! The whole program against real parts: database, router, clock under control, a scripted
//! identity provider, real processes where one is to be killed or frozen.

mod harness;

mod smoke;
