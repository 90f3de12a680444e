//! A server that answers before it is asked is compared with nothing.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::thread;

use compat::wire::{ERRNO_UNKNOWN_REQUEST, Kind, MESSAGE_LEN, Message, OmniResponse, OmniResults, error_message};

use crate::program::compare;

/// The port of a server that answers as often as it is asked, and once more at the end.
fn one_too_many() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Ends with the test's process.
    thread::spawn(move || {
        for control in listener.incoming().flatten() {
            thread::spawn(move || serve(control));
        }
    });
    port.to_string()
}

/// Knows netperf's requests alone.
fn serve(mut control: TcpStream) -> io::Result<()> {
    let mut bytes = [0; MESSAGE_LEN];
    loop {
        control.read_exact(&mut bytes)?;
        if Message::from_bytes(bytes).kind() == Kind::Omni {
            break;
        }
        control.write_all(error_message(ERRNO_UNKNOWN_REQUEST).as_bytes())?;
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let data_port = listener.local_addr()?.port();
    control.write_all(OmniResponse { data_port, ..OmniResponse::default() }.encode().as_bytes())?;
    let mut data = listener.accept()?.0;
    let mut transactions = 0;
    while data.read(&mut [0])? > 0 {
        data.write_all(b"x")?;
        transactions += 1;
    }
    data.write_all(b"x")?;
    drop(data);
    control.write_all(OmniResults { transactions, ..OmniResults::default() }.encode().as_bytes())
}

#[test]
fn a_server_that_answers_unasked_has_no_report() {
    let port = one_too_many();
    let words = ["-H", "127.0.0.1", "-p", &port, "--hooks", "none", "--rounds", "1", "-l", "0.02"];
    let Output { status, stdout, stderr } = compare(&words).output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert!(!status.success() && stdout.is_empty(), "{told}");
    assert!(told.contains("the server answers unasked"), "{told}");
}
