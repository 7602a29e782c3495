# Starts the Windows Time service, has it start by itself, and sets the clock.
try {
    Set-Service -Name W32Time -StartupType Automatic -ErrorAction Stop
    Start-Service -Name W32Time -ErrorAction Stop
    w32tm.exe /resync /nowait | Out-Null
} catch {
    Write-Error $_
    exit 2
}
exit 0
