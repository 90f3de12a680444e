//! Whatever a script does, it is bounded, reported with its line, and the frame passes.
#![cfg(feature = "script")]

use hooks::Verdict;
use hooks::engine::lua::SCRIPT_MAX;
use hooks::engine::{EngineReport, LuaEngine, LuaError, PacketEngine, Script};
use hooks::filter::Filter;

const FRAME: [u8; 6] = [1, 2, 3, 4, 5, 6];

fn load(text: &str) -> Result<LuaEngine, LuaError> {
    LuaEngine::load(&Script::new("t.lua", text), &Filter::default())
}

/// Luau cannot tell lines as it goes, so a memory error names the line of the function.
const OUT_OF_MEMORY: &str =
    if cfg!(feature = "luau") { "t.lua:1: not enough memory" } else { "t.lua:3: not enough memory" };

/// Why `text` cannot be loaded.
#[track_caller]
fn refusal(text: &str) -> String {
    load(text).err().expect("the script should not load").to_string()
}

/// What is reported after `text`, whose first lines these are, failed on three packets.
#[track_caller]
fn failing(text: &str) -> String {
    let mut engine = load(text).unwrap();
    for _ in 0..3 {
        assert_eq!(engine.on_frame(&FRAME), Verdict::Pass);
    }
    let EngineReport { errors, first_error, .. } = engine.report();
    assert_eq!(errors, 3);
    first_error.unwrap()
}

/// The verdict of an `on_packet` with this body on [`FRAME`].
#[track_caller]
fn verdict_of(body: &str) -> Verdict {
    let mut engine = load(&format!("function on_packet(pkt) {body} end")).unwrap();
    let verdict = engine.on_frame(&FRAME);
    assert_eq!(engine.report().first_error, None, "{body}");
    verdict
}

#[test]
fn the_accessors_read_the_frame_and_nothing_past_it() {
    for claim in [
        "pkt:len() == 6",
        "pkt:u8(0) == 1 and pkt:u8(5) == 6 and pkt:u8(6) == nil",
        "pkt:u16(4) == 0x0506 and pkt:u16(5) == nil",
        "pkt:u32(2) == 0x03040506 and pkt:u32(3) == nil",
        "pkt:u8(-1) == nil and pkt:u32(2 ^ 52) == nil",
        "pkt:bytes(1, 2) == '\\2\\3' and pkt:bytes(6, 0) == ''",
        "pkt:bytes(5, 2) == nil and pkt:bytes(7, 0) == nil and pkt:bytes(0, -1) == nil",
        "pkt.u8(nil, 0) == 1",
        "PORT == 1234 and PAYLOAD == 'rrgen-drop'",
    ] {
        assert_eq!(verdict_of(&format!("if {claim} then return DROP end return PASS")), Verdict::Drop, "{claim}");
    }
}

#[test]
fn nothing_of_the_host_is_in_reach() {
    for name in [
        "os",
        "io",
        "package",
        "debug",
        "load",
        "loadstring",
        "dofile",
        "loadfile",
        "require",
        "collectgarbage",
        "_G",
        "setmetatable",
        "getmetatable",
        "pcall",
        "coroutine",
        "print",
        "string.dump",
        "string.gsub",
        "('').gmatch",
        "table.move",
        "rawset",
    ] {
        assert_eq!(verdict_of(&format!("if {name} == nil then return DROP end return PASS")), Verdict::Drop, "{name}");
    }
}

#[test]
fn an_infinite_loop_is_stopped() {
    let error = failing("function on_packet(pkt)\n  while true do end\nend");
    assert_eq!(error, "t.lua:2: stopped: the call takes too long");
}

#[test]
fn a_script_that_never_finishes_loading_is_stopped() {
    let error = refusal("\nwhile true do end");
    assert_eq!(error, "t.lua:2: stopped: the call takes too long");
}

#[test]
fn a_huge_string_is_refused() {
    let error = failing("function on_packet(pkt)\n\n  return string.rep('x', 1e12)\nend");
    assert!(error.starts_with("t.lua:") && error.ends_with("string.rep makes at most 1048576 bytes"), "{error}");
    let error = failing("function on_packet(pkt)\n\n  local s = string.rep('x', 1e12)\nend");
    assert_eq!(error, "t.lua:3: string.rep makes at most 1048576 bytes");
}

#[test]
fn a_search_that_would_take_for_ever_is_refused() {
    let search = "local a = string.rep('a', 1e6)\n  local s = string.find(a, string.sub(a, 1, 5e5) .. 'b', 1, true)";
    let error = failing(&format!("function on_packet(pkt)\n  {search}\nend"));
    assert_eq!(error, "t.lua:3: string.find does not search this much at once");
    let error = failing("function on_packet(pkt)\n  local s = string.find('a', '.')\nend");
    assert!(error.starts_with("t.lua:2: string.find looks for plain text only"), "{error}");
    assert_eq!(verdict_of("if ('abc'):find('c', 1, true) == 3 then return DROP end return PASS"), Verdict::Drop);
}

#[test]
fn growing_memory_is_stopped() {
    let error = failing("function on_packet(pkt)\n  local s = 'x'\n  while true do s = s .. s end\nend");
    assert_eq!(error, OUT_OF_MEMORY);
}

#[test]
fn hoarding_over_many_packets_is_stopped() {
    let mut engine = load("local hoard = {} function on_packet(pkt)\n\n  hoard[#hoard + 1] = string.rep('x', 1e5) .. #hoard\n  return PASS\nend").unwrap();
    for _ in 0..100 {
        engine.on_frame(&FRAME);
    }
    let EngineReport { errors, first_error, .. } = engine.report();
    assert!((1..100).contains(&errors), "{errors}");
    assert_eq!(first_error.unwrap(), OUT_OF_MEMORY);
}

#[test]
fn an_error_on_every_packet_is_counted() {
    assert_eq!(failing("function on_packet(pkt)\n  error('oops')\nend"), "t.lua:2: oops");
    assert_eq!(failing("function on_packet(pkt)\n  error({})\nend"), "t.lua:1: an error without text");
    let error = failing("function on_packet(pkt)\n  local x = pkt:u8(nothing)\nend");
    assert!(error.starts_with("t.lua:2: ") && error.contains("a whole number expected"), "{error}");
}

#[test]
fn anything_but_a_verdict_is_an_error() {
    for value in ["", "nil", "2", "true", "'PASS'", "{}"] {
        let error = failing(&format!("\nfunction on_packet(pkt)\n  return {value}\nend"));
        assert_eq!(error, "t.lua:2: on_packet returned neither PASS nor DROP");
    }
}

#[test]
fn what_does_not_load_is_refused_with_its_line() {
    let error = refusal("local x = 1\nfunction on_packet(pkt\nend");
    assert!(error.starts_with("t.lua:3:"), "{error}");
    assert_eq!(refusal("\n\nerror('at load')"), "t.lua:3: at load");
    assert_eq!(
        refusal("-- no function\nlocal x = 1\n"),
        "t.lua:2: the script ends without having defined a function on_packet(pkt)"
    );
    assert!(refusal("\u{1b}Lua\u{54}").starts_with("t.lua:"), "bytecode is no script");
}

#[test]
fn files_come_from_the_hook_directory_and_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let read = |name: &str| Script::read(directory.path(), &name.parse().unwrap());
    write("ok.lua", "function on_packet() return PASS end");
    write("big.lua", &" ".repeat(SCRIPT_MAX as usize + 1));
    assert_eq!(read("ok.lua").unwrap(), Script::new("ok.lua", "function on_packet() return PASS end"));
    assert!(matches!(read("big.lua"), Err(LuaError::TooLong { .. })));
    assert!(read("none.lua").unwrap_err().to_string().contains("--hook-dir"));
}

#[test]
fn the_hash_is_that_of_the_file() {
    // printf '' | sha256sum
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Script::new("t.lua", "").hash(), empty);
}

#[test]
fn library_calls_that_would_not_end_are_refused() {
    // A list with holes, of which `#` says a length of many millions.
    let sparse = "local t = {} for i = 0, 36 do t[2 ^ i] = 1 end while #t < 2 ^ 20 do table.insert(t, 1, 1) end";
    for (call, complaint) in [
        ("string.rep('', 2 ^ 53)", "string.rep makes at most 1048576 bytes"),
        ("table.insert(t, 1, 1)", "table.insert takes at most 262144 elements"),
        ("table.remove(t, 1)", "table.remove takes at most 262144 elements"),
        ("table.sort(t, tonumber)", "table.sort takes at most 262144 elements"),
    ] {
        let error = failing(&format!("{sparse}\nfunction on_packet(pkt)\n  local done = {call} return PASS end"));
        assert!(error.ends_with(complaint), "{call}: {error}");
    }
}
