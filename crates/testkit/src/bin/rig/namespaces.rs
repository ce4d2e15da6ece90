//! Networks of their own on this machine: hosts, switches and routers in namespaces, as root.

use testkit::{Result, command, output};

/// Namespaces that end with the rig.
#[derive(Debug)]
pub(crate) struct Lan {
    pub(crate) prefix: String,
    names: Vec<String>,
}

impl Lan {
    /// No namespace yet.
    pub(crate) fn new() -> Self {
        Self { prefix: format!("ac{}", std::process::id()), names: Vec::new() }
    }

    /// The network namespace of that name, made with its loopback up.
    pub(crate) fn add(&mut self, name: &str) -> Result<String> {
        let name = format!("{}-{name}", self.prefix);
        ip(&["netns", "add", &name]).map_err(|e| format!("network namespaces are needed, as root and with iproute2: {e}"))?;
        self.names.push(name.clone());
        within(&name, &["link", "set", "lo", "up"])?;
        Ok(name)
    }

    /// A host on a switch: `address` on its one interface, everything else by `router` where there is one.
    pub(crate) fn host(&mut self, name: &str, switch: &str, address: &str, router: Option<&str>) -> Result<String> {
        let host = self.add(name)?;
        self.plug(&host, switch, &format!("p-{name}"), "eth0", address)?;
        if let Some(router) = router {
            within(&host, &["route", "add", "default", "via", router])?;
        }
        Ok(host)
    }

    /// One more interface of a host, on a switch.
    pub(crate) fn plug(&self, host: &str, switch: &str, port: &str, interface: &str, address: &str) -> Result<()> {
        within(switch, &["link", "add", port, "type", "veth", "peer", "name", interface, "netns", host])?;
        within(switch, &["link", "set", port, "master", "br0", "up"])?;
        within(host, &["addr", "add", address, "dev", interface])?;
        within(host, &["link", "set", interface, "up"])
    }

    /// A switch without hosts.
    pub(crate) fn switch(&mut self, name: &str) -> Result<String> {
        let switch = self.add(name)?;
        within(&switch, &["link", "add", "br0", "type", "bridge", "mcast_snooping", "0"])?;
        within(&switch, &["link", "set", "br0", "up"])?;
        Ok(switch)
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for name in &self.names {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

/// `ip` with these arguments.
pub(crate) fn ip(arguments: &[&str]) -> Result<()> {
    let mut command = command("ip");
    command.args(arguments);
    output(command).map(drop)
}

/// `ip` with these arguments, in a namespace.
pub(crate) fn within(namespace: &str, arguments: &[&str]) -> Result<()> {
    ip(&[&["-n", namespace], arguments].concat())
}

/// This program again, in a namespace.
pub(crate) fn here_in(namespace: &str, arguments: &[&str]) -> Result<std::process::Command> {
    let mut command = command("ip");
    command.args(["netns", "exec", namespace]).arg(std::env::current_exe()?).args(arguments);
    Ok(command)
}

/// A program in a namespace.
pub(crate) fn command_in(namespace: &str, program: &[&str]) -> std::process::Command {
    let mut command = command("ip");
    command.args(["netns", "exec", namespace]).args(program);
    command
}
