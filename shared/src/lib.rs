//! The domain of lead routing: what a submission is, how it is cleaned, scored and routed, what a lead goes through,
//! and what is told to sales. Pure: no AWS, no runtime, no clock, no environment, no input or output; all of these come
//! in as arguments or through the [`ports`].
//!
//! Data flows as the modules stand here: a [`submission`] gets a [`profile`], three decisions ([`mod@clean`],
//! [`mod@score`], [`mod@route`]) under the [`rules`] move its [`lead`] on, and a [`message`] tells sales.

pub mod feedback;
pub mod id;
pub mod personal;
pub mod problem;
pub mod signature;
pub mod submission;

pub mod geo;
pub mod profile;

pub mod calendar;
pub mod clean;
pub mod decision;
pub mod owners;
pub mod protection;
mod rotation;
pub mod route;
pub mod rules;
pub mod score;

pub mod lead;
pub mod ledger;
pub mod memory;
pub mod message;
pub mod paging;
pub mod playbook;
pub mod ports;
pub mod row;
pub mod tags;

pub mod answer;
pub mod openapi;
pub mod schema;
