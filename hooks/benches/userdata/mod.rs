//! The obvious binding: `pkt` is a userdata with methods, and the call goes through the safe interface.
//!
//! It runs the same scripts; it has neither sandbox nor budget, which is in its favour.

use hooks::engine::{EngineReport, PacketEngine};
use hooks::filter::{Filter, Rung};
use hooks::verdict::Verdict;
use mlua::{AnyUserData, Function, Lua, UserData, UserDataMethods, Value};

/// The walk that the ladder's scripts call.
const WALK: &str = include_str!("../../lua/walk.lua");
/// `PASS` and `DROP`.
const PASS: i64 = 1;
const DROP: i64 = 0;

/// One interpreter with one script of the ladder.
pub(crate) struct Engine {
    on_packet: Function,
    pkt: AnyUserData,
    _lua: Lua,
}

struct Packet(Vec<u8>);

impl Packet {
    fn uint<const N: usize>(&self, at: i64) -> Option<u32> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.0.get(at..)?.first_chunk::<N>()?;
        Some(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }
}

impl UserData for Packet {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("len", |_, packet, ()| Ok(packet.0.len()));
        methods.add_method("u8", |_, packet, at: i64| Ok(packet.uint::<1>(at)));
        methods.add_method("u16", |_, packet, at: i64| Ok(packet.uint::<2>(at)));
        methods.add_method("u32", |_, packet, at: i64| Ok(packet.uint::<4>(at)));
        methods.add_method("bytes", |lua, packet, (at, n): (usize, usize)| {
            packet.0.get(at..at + n).map(|bytes| lua.create_string(bytes)).transpose()
        });
    }
}

impl Engine {
    /// Loads a script of the ladder.
    pub(crate) fn load(rung: Rung, filter: &Filter) -> Engine {
        Engine::try_load(rung, filter).expect("the ladder loads")
    }

    fn try_load(rung: Rung, filter: &Filter) -> mlua::Result<Engine> {
        let lua = Lua::new();
        let globals = lua.globals();
        globals.set("PASS", PASS)?;
        globals.set("DROP", DROP)?;
        globals.set("PORT", filter.port)?;
        globals.set("PAYLOAD", lua.create_string(filter.pattern.as_bytes())?)?;
        lua.load(WALK).exec()?;
        lua.load(match rung {
            Rung::Pass => include_str!("../../lua/pass.lua"),
            Rung::Count => include_str!("../../lua/count.lua"),
            Rung::Parse => include_str!("../../lua/parse.lua"),
            Rung::Port => include_str!("../../lua/port.lua"),
            Rung::Payload => include_str!("../../lua/payload.lua"),
        })
        .exec()?;
        Ok(Engine { on_packet: globals.get("on_packet")?, pkt: lua.create_userdata(Packet(Vec::new()))?, _lua: lua })
    }

    fn decide(&mut self, frame: &[u8]) -> mlua::Result<Verdict> {
        let mut packet = self.pkt.borrow_mut::<Packet>()?;
        packet.0.clear();
        packet.0.extend_from_slice(frame);
        drop(packet);
        Ok(match self.on_packet.call(&self.pkt)? {
            Value::Integer(DROP) => Verdict::Drop,
            _ => Verdict::Pass,
        })
    }
}

impl PacketEngine for Engine {
    fn on_frame(&mut self, frame: &[u8]) -> Verdict {
        self.decide(frame).expect("the ladder's scripts do not fail")
    }

    fn report(&mut self) -> EngineReport {
        EngineReport::default()
    }
}
