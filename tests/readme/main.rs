//! The programs that the READMEs show compile. One that they show as a whole is a doctest of `larkwire`; those for the other
//! runtimes leave out what they share with it, are ignored by doctests, and are the files beside this one, to the letter. An
//! excerpt is from a file that it names.

use std::error::Error;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, Config, Ctx, Router};

const ENGLISH: &str = include_str!("../../README.md");
const CHINESE: &str = include_str!("../../README.zh.md");

/// Its `main`, which is not called: it would connect to the platform.
type Program = fn() -> Result<(), Box<dyn Error>>;

mod smol_program {
    use super::{Bot, Config, Router, echo};

    include!("smol.rs");

    const _: super::Program = main;
}

mod async_std_program {
    use super::{Bot, Config, Router, echo};

    include!("async_std.rs");

    const _: super::Program = main;
}

async fn echo(_: Ctx, _: MessageReceiveV1) -> Result<(), ApiError> {
    Ok(())
}

/// The blocks of a README that begin like this.
fn blocks<'a>(readme: &'a str, fence: &str) -> Vec<&'a str> {
    readme.split(fence).skip(1).filter_map(|block| Some(block.split_once("```")?.0)).collect()
}

#[test]
fn what_doctests_ignore_in_the_readme_compiles_here() {
    assert_eq!(blocks(ENGLISH, "```rust,ignore\n"), [include_str!("smol.rs"), include_str!("async_std.rs")]);
}

#[test]
fn the_readmes_show_the_same_programs() {
    let programs = blocks(ENGLISH, "```rust");
    assert!(programs.len() >= 3);
    assert_eq!(blocks(CHINESE, "```rust"), programs);
}
