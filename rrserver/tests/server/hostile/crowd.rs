//! Many clients at once.

use crate::harness::{Client, unharmed, until_closed};

const SESSIONS: usize = 100;

#[test]
fn a_hundred_sessions_run_side_by_side_and_leave_nothing() {
    let log = unharmed(|server| {
        let before = server.footprint();
        let mut sessions: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let mut client = Client::connect(server.address());
                let data = client.start(&until_closed());
                (client, data)
            })
            .collect();
        assert_eq!(server.footprint().threads, before.threads + SESSIONS);
        for round in 1..=3 {
            for (_, data) in &mut sessions {
                data.transact(round);
            }
        }
        for (mut client, data) in sessions {
            data.finish();
            assert_eq!(client.results().transactions, 1 + 2 + 3);
        }
    });
    assert_eq!(log, [""; 0]);
}

#[test]
fn a_hundred_clients_killed_together_leave_nothing() {
    let log = unharmed(|server| {
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|_| {
                let mut client = Client::connect(server.address());
                let mut data = client.start(&until_closed());
                data.transact(1);
                (client, data)
            })
            .collect();
        for (client, data) in sessions {
            client.reset();
            data.reset();
        }
    });
    assert_eq!(log.len(), SESSIONS, "{log:#?}");
}
