//! Every way a run fails, in netperf's words: text, stream and exit status.
//!
//! Scripts match these texts, some of them without a final newline, some split over both streams.
//! (Captured in `80-*` to `94-*` and `b1-*` to `b6-*`.)

use std::{error, fmt, io};

use super::address_family;
use crate::wire::Family;

/// `exit(1)`.
const FAILED: u8 = 1;
/// `exit(-1)`, of which the parent sees eight bits.
const MINUS_ONE: u8 = 255;

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// No address of the server accepts a control connection.
    NothingListening {
        /// The client's end, as asked for.
        local: ControlEnd,
        /// The server's end; its family is the resolved one if `-H` was given.
        remote: ControlEnd,
    },
    /// The name of `-H` does not resolve.
    UnknownHost {
        /// The name.
        host: String,
        /// The family it was looked up in.
        family: Family,
        /// What the resolver said.
        cause: ResolverError,
    },
    /// The name of test `-H` or `-L` does not resolve.
    UnknownDataHost {
        /// The name.
        host: String,
        /// The data port asked for.
        port: u16,
        /// The family it was looked up in.
        family: Family,
        /// What the resolver said.
        cause: ResolverError,
    },
    /// The name of `-t`, in upper case, is no test's.
    UnknownTest(String),
    /// `-I` with something else than 95 or 99.
    ConfidenceLevel,
    /// The server answered with this errno; 998 means it lacks the test.
    Remote(i32),
    /// The control connection ended after this many bytes of a message.
    PartialResponse(usize),
    /// Reading from the control connection failed.
    ControlRecv(io::Error),
    /// The server did not answer in time.
    NoResponse,
    /// The data connection could not be made.
    DataConnect(io::Error),
    /// Sending the initial burst (test `-b`) failed.
    FirstBurst(io::Error),
    /// Sending a request failed.
    DataSend(io::Error),
    /// Receiving a response failed.
    DataRecv(io::Error),
}

/// One end of the control connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlEnd {
    /// Host name or address as given or defaulted.
    pub host: String,
    /// Port number.
    pub port: u16,
    /// Address family.
    pub family: Family,
}

/// What `getaddrinfo` returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolverError {
    /// Its EAI_* number.
    pub code: i32,
    /// The text of `gai_strerror` for it.
    pub text: String,
}

/// What to print where, byte for byte, and the status to exit with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For stdout.
    pub stdout: String,
    /// For stderr.
    pub stderr: String,
    /// The exit status.
    pub status: u8,
}

impl Report {
    fn stdout(stdout: String, status: u8) -> Self {
        let stderr = String::new();
        Self { stdout, stderr, status }
    }

    fn stderr(stderr: String, status: u8) -> Self {
        let stdout = String::new();
        Self { stdout, stderr, status }
    }
}

impl Failure {
    /// netperf's reaction to the failure.
    pub fn report(&self) -> Report {
        match self {
            Self::NothingListening { local, remote } => Report::stdout(nothing_listening(local, remote), MINUS_ONE),
            Self::UnknownHost { host, family, cause } => Report::stdout(unknown_host(host, *family, cause), MINUS_ONE),
            Self::UnknownDataHost { host, port, family, cause } => {
                Report::stdout(unknown_data_host(host, *port, *family, cause), MINUS_ONE)
            }
            Self::UnknownTest(name) => Report::stdout(unknown_test(name), FAILED),
            Self::ConfidenceLevel => {
                Report::stdout("Only 95% and 99% confidence level is supported\n".to_owned(), MINUS_ONE)
            }
            Self::Remote(errno) => Report {
                stdout: format!("netperf: remote error {errno}"),
                stderr: format!("{}\n", strerror(*errno)),
                status: MINUS_ONE,
            },
            Self::PartialResponse(bytes) => {
                Report::stderr(format!("recv_response: partial response received: {bytes} bytes\n"), FAILED)
            }
            Self::ControlRecv(error) => Report::stderr(perror("recv_response", error), FAILED),
            // What select() leaves behind when its time is up: no errno, no ready socket.
            Self::NoResponse => {
                Report::stdout("recv_response_timed_n: no response received. errno 0 counter 0\n".to_owned(), FAILED)
            }
            Self::DataConnect(error) => {
                Report::stderr(perror("netperf: send_omni: connect_data_socket failed", error), FAILED)
            }
            Self::FirstBurst(error) => Report {
                stdout: send_error(error),
                stderr: perror("send_omni: initial burst data send error", error),
                status: MINUS_ONE,
            },
            Self::DataSend(error) => Report {
                stdout: send_error(error),
                stderr: perror("netperf: send_omni: send_data failed", error),
                status: FAILED,
            },
            Self::DataRecv(error) => Report::stderr(perror("netperf: send_omni: recv_data failed", error), FAILED),
        }
    }
}

fn nothing_listening(local: &ControlEnd, remote: &ControlEnd) -> String {
    format!(
        "establish control: are you sure there is a netserver listening on {} at port {}?\n\
         establish_control could not establish the control connection from {local} to {remote}\n",
        remote.host, remote.port
    )
}

fn unknown_host(host: &str, family: Family, cause: &ResolverError) -> String {
    // netperf looks a host up without a port and prints the null pointer.
    format!(
        "resolve_host: could not resolve host '{host}' port '(null)' af {}\n\
         {cause}\
         Netperf could not resolve {host} as a host name\n",
        address_family::name(family)
    )
}

fn unknown_data_host(host: &str, port: u16, family: Family, cause: &ResolverError) -> String {
    format!(
        "complete_addrinfo: could not resolve '{host}' port '{port}' af {}\n{cause}",
        address_family::number(family)
    )
}

fn unknown_test(name: &str) -> String {
    format!(
        "The test you requested ({name}) is unknown to this netperf.\n\
         Please verify that you have the correct test name, \n\
         and that test family has been compiled into this netperf.\n"
    )
}

fn send_error(error: &io::Error) -> String {
    format!("send_data: data send error: {} (errno {})\n", error_text(error), error.raw_os_error().unwrap_or_default())
}

fn perror(prefix: &str, error: &io::Error) -> String {
    format!("{prefix}: {}\n", error_text(error))
}

fn error_text(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), strerror)
}

/// The C library's text for an errno: Rust's, without the number it appends.
fn strerror(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let number = format!(" (os error {errno})");
    text.strip_suffix(&number).unwrap_or(&text).to_owned()
}

impl fmt::Display for ControlEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} port {} address family {}", self.host, self.port, address_family::name(self.family))
    }
}

impl fmt::Display for ResolverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\tgetaddrinfo returned {} {}", self.code, self.text)
    }
}

/// All netperf says about it, on whichever stream.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { stdout, stderr, .. } = self.report();
        f.write_str(&stdout)?;
        f.write_str(&stderr)
    }
}

impl error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    const EPIPE: i32 = 32;

    #[test]
    fn failures_without_a_capture_follow_the_same_forms() {
        let broken_pipe = || io::Error::from_raw_os_error(EPIPE);
        for (failure, stdout, stderr, status) in [
            (Failure::NoResponse, "recv_response_timed_n: no response received. errno 0 counter 0\n", "", 1),
            (Failure::ControlRecv(broken_pipe()), "", "recv_response: Broken pipe\n", 1),
            (Failure::DataRecv(broken_pipe()), "", "netperf: send_omni: recv_data failed: Broken pipe\n", 1),
            (
                Failure::FirstBurst(broken_pipe()),
                "send_data: data send error: Broken pipe (errno 32)\n",
                "send_omni: initial burst data send error: Broken pipe\n",
                255,
            ),
        ] {
            let report = Report { stdout: stdout.to_owned(), stderr: stderr.to_owned(), status };
            assert_eq!(failure.report(), report);
            assert_eq!(failure.to_string(), format!("{stdout}{stderr}"));
        }
    }

    #[test]
    fn an_error_of_our_own_has_its_text_and_no_number() {
        let report = Failure::DataSend(io::Error::other("too slow")).report();
        assert_eq!(report.stdout, "send_data: data send error: too slow (errno 0)\n");
        assert_eq!(report.stderr, "netperf: send_omni: send_data failed: too slow\n");
    }
}
