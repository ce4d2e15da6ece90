use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use control::{Config, Control, NewAccount, NewCamera, SetUp};
use domain::{CameraId, HomeId, Role, Secret, SessionId, SubjectId};
use policy::act::AddCamera;
use policy::{FactsSource, Principal};
use store::Store;
use tempfile::TempDir;

use crate::{ManualClock, Result};

/// Two homes in a fresh store: one of an owner with a member, and a neighbour's. All are signed in.
#[derive(Debug)]
pub struct Town {
    /// Where everything is kept.
    pub dir: TempDir,
    /// What time it is.
    pub clock: ManualClock,
    /// The rows.
    pub store: Store,
    /// The use cases.
    pub control: Control,
    /// The home that tests are about.
    pub home: HomeId,
    /// Who owns it.
    pub owner: Person,
    /// Who may see it.
    pub member: Person,
    /// Another home.
    pub other_home: HomeId,
    /// Who owns that, and may know nothing of the first.
    pub neighbour: Person,
}

/// Somebody with an account, signed in.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub subject: SubjectId,
    /// E-mail address.
    pub email: &'static str,
    /// The session.
    pub session: SessionId,
    /// What proves it.
    pub token: Secret,
}

impl Town {
    /// Everybody's password.
    pub const PASSWORD: &str = "correct horse battery";

    /// Builds it.
    pub async fn build() -> Result<Self> {
        let (dir, clock) = (tempfile::tempdir()?, ManualClock::default());
        let store = Store::open(dir.path(), Arc::new(clock.clone())).await?;
        let control = Control::new(store.clone(), Arc::new(clock.clone()), Config::default());

        // Done once, so that the log has what a start notes, and grows only by what a test does.
        control.do_duties().await;

        let (owner, member, neighbour) = ("owner@home.example", "member@home.example", "neighbour@next-door.example");
        let NewAccount { email, password, adult, policy_version, language } = account(owner);
        let first_run = SetUp { email, password, adult, policy_version, code: None, language };
        let home = control.set_up(first_run).await?.account.homes.first().ok_or("the owner has no home")?.id;
        let member_subject = control.create_account(account(member)).await?;
        control.add_member(home, member_subject, Role::Member).await?;
        let neighbour_subject = control.create_account(account(neighbour)).await?;
        let other_home = control.create_home(neighbour_subject).await?;

        let owner = sign_in(&control, owner).await?;
        let member = sign_in(&control, member).await?;
        let neighbour = sign_in(&control, neighbour).await?;
        Ok(Self { dir, clock, store, control, home, owner, member, other_home, neighbour })
    }

    /// Adds a camera to the home; nobody answers at its address.
    pub async fn add_camera(&self) -> Result<CameraId> {
        let who = Principal::Session(self.owner.session);
        let permit = self.control.ask::<AddCamera>(who, self.home).await?;
        let new = NewCamera { name: "Door".into(), main_url: "rtsp://127.0.0.1:9/main".into(), ..NewCamera::default() };
        Ok(self.control.add_camera(permit, new).await?.id)
    }
}

/// The facts of a store that was opened without its use cases.
#[must_use]
pub fn facts_of(store: &Store) -> Arc<dyn FactsSource> {
    Control::facts_of(store.clone(), policy::compiled::REGIONS.first().copied().unwrap_or_default())
}

fn account(email: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        password: Town::PASSWORD.into(),
        adult: true,
        policy_version: policy::compiled::VERSION.to_owned(),
        language: Some("en".to_owned()),
    }
}

async fn sign_in(control: &Control, email: &'static str) -> Result<Person> {
    let signed_in = control.sign_in(email, &Town::PASSWORD.into(), IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
    Ok(Person { subject: signed_in.account.subject, email, session: signed_in.session, token: signed_in.token })
}

#[cfg(test)]
mod tests {
    use policy::act::ListCameras;

    use super::*;

    #[tokio::test]
    async fn each_may_do_what_the_role_says_and_neighbours_nothing() {
        let town = Town::build().await.unwrap();
        let may = async |person: &Person, home: HomeId| {
            let who = Principal::Session(person.session);
            let (sees, adds) = (town.control.ask::<ListCameras>(who, home).await, town.control.ask::<AddCamera>(who, home).await);
            (sees.is_ok(), adds.is_ok())
        };
        assert_eq!(may(&town.owner, town.home).await, (true, true));
        assert_eq!(may(&town.member, town.home).await, (true, false));
        assert_eq!(may(&town.neighbour, town.home).await, (false, false));
        assert_eq!(may(&town.neighbour, town.other_home).await, (true, true));
        assert_eq!(may(&town.owner, town.other_home).await, (false, false));
    }
}
