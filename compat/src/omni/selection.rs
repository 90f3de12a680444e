//! What `-o`, `-k` and `-O` are to show: blocks of selectors, by name.
//!
//! netperf refuses nothing here. A name it does not know takes a place without a value, further blocks are dropped, and
//! `OUTPUT_END` hides what follows it. Scripts count on the first; [`Selection::unknown`] is for telling people.

use std::fmt;

use super::selector::{Group, Selector};
use super::table::STOCK;
use crate::args::OutputFormat;

/// Blocks there can be; netperf drops further ones.
pub(super) const BLOCKS_MAX: usize = 4;
/// Selectors there can be in a block: as many as netperf has names for, including the unknown one.
pub(super) const BLOCK_LEN_MAX: usize = 176;

/// The first and the last selector of each block of `all`.
const ALL: [(&str, &str); BLOCKS_MAX] = [
    ("SOCKET_TYPE", "RESPONSE_SIZE"),
    ("LOCAL_CPU_UTIL", "TRANSPORT_MSS"),
    ("LOCAL_SEND_THROUGHPUT", "REMOTE_CORK"),
    ("LOCAL_SYSNAME", "COMMAND_LINE"),
];

/// What a request/response test shows unasked. The server's buffers are in the other order than the client's.
const STANDARD: &str = "LSS_SIZE_END,LSR_SIZE_END,RSR_SIZE_END,RSS_SIZE_END,REQUEST_SIZE,RESPONSE_SIZE,\
    ELAPSED_TIME,THROUGHPUT,THROUGHPUT_UNITS";

/// What it shows besides if either end's CPU is measured.
const STANDARD_CPU: &str = "LOCAL_CPU_UTIL,LOCAL_CPU_PERCENT_USER,LOCAL_CPU_PERCENT_SYSTEM,LOCAL_CPU_PERCENT_IOWAIT,\
    LOCAL_CPU_PERCENT_IRQ,LOCAL_CPU_PERCENT_SWINTR,LOCAL_CPU_METHOD,REMOTE_CPU_UTIL,REMOTE_CPU_PERCENT_USER,\
    REMOTE_CPU_PERCENT_SYSTEM,REMOTE_CPU_PERCENT_IOWAIT,REMOTE_CPU_PERCENT_IRQ,REMOTE_CPU_PERCENT_SWINTR,\
    REMOTE_CPU_METHOD,LOCAL_SD,REMOTE_SD,SD_UNITS";

/// A place in the output; `None` is a name that nobody knows.
pub type Element = Option<&'static Selector>;

/// What to show, in order.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    blocks: [Vec<Element>; BLOCKS_MAX],
    unknown: Vec<UnknownName>,
    /// A file measures and looks up nothing by what it lists (samples `70-O-file`, `73-O-file-j`).
    from_file: bool,
}

/// A name in a list that is no selector's. The text is what netperf says of it with `-d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// The name as it was typed.
    pub name: String,
    /// Its block, from 1.
    pub block: usize,
    /// Its place in the block, from 1, among the names that are known.
    pub place: usize,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ignoring unknown output selector {} |{}| on line {}", self.place, self.name, self.block)
    }
}

impl Selection {
    /// What is shown if nothing is chosen; `cpu` if either end's is measured.
    pub fn standard(cpu: bool) -> Self {
        let mut selection = Self::default();
        selection.read_block(0, STANDARD, OutputFormat::Csv);
        if cpu {
            selection.read_block(0, STANDARD_CPU, OutputFormat::Csv);
        }
        selection
    }

    /// `all`: everything netperf has.
    pub fn all() -> Self {
        let blocks = ALL.map(|(first, last)| {
            let from = STOCK.iter().skip_while(|selector| selector.name() != first);
            let count = from.clone().take_while(|selector| selector.name() != last).count() + 1;
            from.take(count).map(Some).collect()
        });
        Self { blocks, ..Self::default() }
    }

    /// A list of names: `;` between blocks, commas and blanks between names.
    pub fn from_list(list: &str, format: OutputFormat) -> Self {
        let mut selection = Self::default();
        for (block, names) in list.split(';').take(BLOCKS_MAX).enumerate() {
            selection.read_block(block, names, format);
        }
        selection
    }

    /// What a file lists.
    pub(super) fn from_file_blocks(blocks: [Vec<Element>; BLOCKS_MAX]) -> Self {
        Self { blocks, unknown: Vec::new(), from_file: true }
    }

    fn read_block(&mut self, block: usize, names: &str, format: OutputFormat) {
        let elements = &mut self.blocks[block];
        for name in names.split([' ', ',']).filter(|name| !name.is_empty()) {
            if elements.len() == BLOCK_LEN_MAX {
                break;
            }
            let element = Selector::named(name, format);
            if element.is_none() {
                let place = elements.iter().flatten().count() + 1;
                self.unknown.push(UnknownName { name: name.to_owned(), block: block + 1, place });
            }
            elements.push(element);
        }
    }

    /// Whether something of a group was asked for by name, so that it has to be measured or looked up.
    pub fn wants(&self, group: Group) -> bool {
        let chosen = self.blocks.iter().flatten().flatten();
        !self.from_file && chosen.into_iter().any(|selector| selector.group() == Some(group))
    }

    /// The bits that ask the server for something, for field 12 of the request.
    pub fn request_flags(&self) -> u32 {
        let groups =
            [Group::RemoteInterfaceName, Group::RemoteInterfaceSlot, Group::RemoteInterfaceIds, Group::RemoteDriver];
        groups.into_iter().filter(|&group| self.wants(group)).map(Group::request_flag).sum()
    }

    /// The names in a list that are no selector's. To tell of them is ours; netperf does so only with `-d`.
    pub fn unknown(&self) -> &[UnknownName] {
        &self.unknown
    }

    /// The blocks as far as they are shown: always four, and some may be empty.
    pub fn blocks(&self) -> impl Iterator<Item = &[Element]> {
        self.blocks.iter().map(|block| {
            let end = block.iter().position(|element| element.is_some_and(Selector::ends_list));
            &block[..end.unwrap_or(block.len())]
        })
    }
}
